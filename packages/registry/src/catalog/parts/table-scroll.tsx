// SPDX-License-Identifier: Apache-2.0
import type { Child } from "hono/jsx";

/** A table that may be wider than a phone: it scrolls by itself, with the keyboard too. */
export function TableScroll({ label, children }: { label: string; children?: Child }) {
  // What scrolls has to be reachable by the keyboard.
  return (
    <section class="table-scroll" tabindex={0} aria-label={label}>
      {children}
    </section>
  );
}
