// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from "node:path";

/** Beside `path`, where something is written before it is renamed; a new name with every call. */
export function temporaryPath(path: string): string {
  // Nobody gains by guessing it, and node:crypto would be loaded by every start for this alone.
  const random = Math.random().toString(36).slice(2).padEnd(11, "0");
  return join(dirname(path), `.tmp-${random}`);
}
