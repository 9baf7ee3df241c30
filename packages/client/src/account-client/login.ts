// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import type { Login, NewToken } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { AccountClient } from "./account-client.ts";

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
    const outcome = await client.finishLogin(login.deviceCode);
    if (outcome.status === "approved") return outcome;
  }
  throw new LoraError("LOGIN_REFUSED", "nobody approved the login in time", {
    hint: "try again: lora login",
  });
}
