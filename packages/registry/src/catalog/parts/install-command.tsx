// SPDX-License-Identifier: Apache-2.0
import { Icon } from "../layout/index.ts";

/** A command to copy. Without scripts the button stays hidden and the text can be selected. */
export function Command({ text, label = "Copy the command" }: { text: string; label?: string }) {
  return (
    <div class="command">
      <code>
        <span class="prompt" aria-hidden="true">
          ${" "}
        </span>
        <span data-copy-text>{text}</span>
      </code>
      <button type="button" class="copy is-waiting" data-copy={text} aria-label={label}>
        <Icon name="copy" />
        <span data-copy-label aria-live="polite">
          Copy
        </span>
      </button>
    </div>
  );
}
