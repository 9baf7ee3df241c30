// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import type { Login, NewToken } from "../documents/index.ts";
import { type ErrorCode, LoraError } from "../errors.ts";
import type { AccountClient } from "./account-client.ts";

const PASSING: ReadonlySet<ErrorCode> = new Set([
  "RATE_LIMITED",
  "SERVICE_UNAVAILABLE",
  "REGISTRY_UNREACHABLE",
]);

/**
 * Waits until somebody has approved the login in a browser.
 * @param tell what the person has to see before anything is waited for
 * @throws LoraError LOGIN_REFUSED
 */
export async function waitForLogin(
  client: AccountClient,
  label: string,
  tell: (login: Login) => void,
): Promise<NewToken> {
  const login = await client.startLogin(label);
  tell(login);
  const deadline = Date.now() + login.expiresInSeconds * 1000;
  while (Date.now() < deadline) {
    await sleep(login.intervalSeconds * 1000 + 100);
    const outcome = await client.finishLogin(login.deviceCode).catch(orLater);
    if (outcome?.status === "approved") return outcome;
  }
  throw new LoraError("LOGIN_REFUSED", "nobody approved the login in time", {
    hint: "try again: lora login",
  });
}

/** A person is busy approving it: that the registry is away, or busy too, is no reason to begin anew. */
function orLater(error: unknown): undefined {
  if (error instanceof LoraError && PASSING.has(error.code)) return undefined;
  throw error;
}
