// SPDX-License-Identifier: Apache-2.0
import type { Queryable } from "../../database/index.ts";

export interface Logged {
  /** Of the entry that says that the version was published. */
  index: number;
}

/** Undefined for a version that is in no log. */
export async function readLogged(
  _db: Queryable,
  _name: string,
  _version: string,
): Promise<Logged | undefined> {
  return undefined;
}
