// SPDX-License-Identifier: Apache-2.0
import { eq } from "drizzle-orm";
import type { Queryable } from "./connection.ts";
import { settings } from "./schema/settings.ts";

/** `log-key` and `clock-key` are secrets; `log-public-key` is what the log is known by. */
export type Setting =
  | "origin"
  | "log-key"
  | "log-public-key"
  | "clock-key"
  | "auth-secret"
  | "downloads-secret";

export async function readSetting(db: Queryable, key: Setting): Promise<string | undefined> {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.key, key));
  return row?.value;
}

/** Writes the setting unless it has a value. Returns the value that it has now: of two processes, one decides. */
export async function settleSetting(db: Queryable, key: Setting, value: string): Promise<string> {
  await db.insert(settings).values({ key, value }).onConflictDoNothing();
  return (await readSetting(db, key)) ?? value;
}
