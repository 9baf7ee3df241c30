// SPDX-License-Identifier: Apache-2.0
/** Word that there is something to deliver, to every process, with the commit of the transaction that wrote it. */
import { sql } from "drizzle-orm";
import type { Transaction } from "../database/index.ts";

export const DELIVERIES_CHANNEL = "lora_deliveries";

export async function announceDeliveries(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
}
