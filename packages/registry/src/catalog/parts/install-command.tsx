// SPDX-License-Identifier: Apache-2.0
import { Icon } from "../layout/index.ts";

export interface CommandProps {
  text: string;
  label?: string;
  /** False for what is to be copied and no command. */
  hasPrompt?: boolean;
}

/** A command to copy. Without scripts the button stays hidden and the text can be selected. */
export function Command({ text, label = "Copy the command", hasPrompt = true }: CommandProps) {
  return (
    <div class="command">
      <code>
        {hasPrompt && (
          <span class="prompt" aria-hidden="true">
            ${" "}
          </span>
        )}
        <span data-copy-text>{text}</span>
      </code>
      <button type="button" class="copy is-waiting" data-copy={text} aria-label={label}>
        <Icon name="copy" />
        <Icon name="check" />
        <span data-copy-label>Copy</span>
      </button>
    </div>
  );
}
