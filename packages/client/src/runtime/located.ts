// SPDX-License-Identifier: Apache-2.0

/** A runtime on this machine, or why there is none. */
export type Located<Where> =
  | ({ found: true } & Where)
  /** `insisted`: the user named one that does not work, so another must not silently take its place. */
  | { found: false; insisted: boolean; reason: string };
