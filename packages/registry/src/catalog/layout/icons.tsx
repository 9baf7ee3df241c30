// SPDX-License-Identifier: Apache-2.0
/** Drawn on a grid of 16, with the colour of the text beside them. Decoration: the words say it too. */

const PATHS = {
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Zm3.4 7.9 3.1 3.1",
  copy: "M6 5.5h6.5v8H6zM3.5 10.5v-8H10",
  check: "m3 8.5 3.2 3.2L13 4.8",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  down: "M8 2.5v8m-3.2-3 3.2 3.2 3.2-3.2M3 13.5h10",
  key: "M6 6.5a3 3 0 1 0 0 3h4.5v2h2v-2h1v-3z",
  warn: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3",
  arrow: "M3 8h9.5M9 4.5 12.5 8 9 11.5",
  chip: "M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14",
  feed: "M3 8.5A4.5 4.5 0 0 1 7.5 13M3 4.5A8.5 8.5 0 0 1 11.5 13M3.5 12.4v.2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The two factors of an adapter, one tall and one wide: an L. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect x="3" y="2" width="5" height="20" rx="1.5" />
      <rect class="mark-b" x="10" y="17" width="12" height="5" rx="1.5" />
    </svg>
  );
}
