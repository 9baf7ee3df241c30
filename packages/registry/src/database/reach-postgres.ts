// SPDX-License-Identifier: Apache-2.0
/**
 * Whether there is a PostgreSQL at an address that takes us, before anything is opened there: the driver itself tries for
 * ever where something answers that is none. What is told never has the address in it, which may hold a password.
 */
import { LoraError } from "@lora/client/errors";
import postgres from "postgres";

const CONNECT_TIMEOUT_SECONDS = 5;
/** For everything: the name, the connection, the sign-in, one answer. */
const DEADLINE_MS = 15_000;

/** SQLSTATEs of a server that is there and does not let us in: its operator has to do something. */
const REFUSED: Record<string, string> = {
  "28000": "it does not know the user, or not from this machine",
  "28P01": "the password is wrong",
  "3D000": "it has no such database",
  "42501": "the user may not use the database",
};

/**
 * @param url of the operator
 * @throws LoraError USAGE where waiting would not help, SERVICE_UNAVAILABLE
 */
export async function assertReachable(url: string, deadlineMs = DEADLINE_MS): Promise<void> {
  const isUrl = /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url.replace(/,[^/]*/, ""));
  if (!isUrl) {
    throw new LoraError("USAGE", "DATABASE_URL is not the address of a PostgreSQL", {
      hint: "write it as postgres://USER:PASSWORD@HOST:5432/DATABASE",
    });
  }
  const client = postgres(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS, onnotice: () => {} });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), deadlineMs);
  });
  const asked = client`select 1`;
  try {
    await Promise.race([asked, late]);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = REFUSED[code];
    if (why !== undefined) throw new LoraError("USAGE", `PostgreSQL refuses DATABASE_URL: ${why}`, { cause });
    throw new LoraError("SERVICE_UNAVAILABLE", "the database of DATABASE_URL cannot be reached", { cause });
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
    await client.end({ timeout: 0 });
  }
}
