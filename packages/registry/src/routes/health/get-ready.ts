// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { sql } from "drizzle-orm";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";

const TIMEOUT_MS = 3000;

/**
 * Whether the process can do its work: the database and the blob store answer, and the log goes on. A balancer that gets 503 sends its requests
 * elsewhere.
 */
export function getReady({ db, blobs, logWriter }: Deps) {
  return async (c: RequestContext) => {
    const checks = await Promise.all([
      check("database", db.execute(sql`select 1`)),
      check("blobs", blobs.check()),
      check("log", Promise.resolve().then(logWriter.assertRunning)),
    ]);
    const failed = checks.filter((each) => each.error !== undefined);
    if (failed.length > 0) {
      for (const { what, error } of failed) c.get("log").warn({ err: error }, `${what}: not ready`);
      const names = failed.map(({ what }) => what);
      throw new LoraError("SERVICE_UNAVAILABLE", `the registry is not ready: ${names.join(" and ")}`);
    }
    return c.json({ status: "ready" }, 200, { "cache-control": "no-store" });
  };
}

async function check(what: string, work: Promise<unknown>): Promise<{ what: string; error?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), TIMEOUT_MS);
  });
  try {
    await Promise.race([work, timeout]);
    return { what };
  } catch (error) {
    return { what, error };
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
