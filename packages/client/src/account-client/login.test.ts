// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { NewToken } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { AccountClient } from "./account-client.ts";
import { waitForLogin } from "./login.ts";

const LOGIN = {
  deviceCode: "secret",
  userCode: "ABCD-EFGH",
  verificationUrl: "https://registry.test/device",
  verificationUrlComplete: "https://registry.test/device?user_code=ABCD-EFGH",
  expiresInSeconds: 60,
  intervalSeconds: 0,
};
const TOKEN = { token: "lora_x" } as NewToken;

/** A registry that answers so, one answer after the other. */
function registry(...answers: (LoraError | "pending" | "approved")[]): AccountClient {
  return {
    startLogin: async () => LOGIN,
    finishLogin: async () => {
      const answer = answers.shift();
      if (answer instanceof LoraError) throw answer;
      return answer === "approved" ? { status: "approved", ...TOKEN } : { status: "pending" };
    },
  } as unknown as AccountClient;
}
const wait = (client: AccountClient) => waitForLogin(client, "a laptop", () => {});

describe("waiting for a login", () => {
  it("goes on while the registry is away, or asked too much", async () => {
    const client = registry(
      "pending",
      new LoraError("REGISTRY_UNREACHABLE", "it is being replaced"),
      new LoraError("SERVICE_UNAVAILABLE", "its database is away"),
      new LoraError("RATE_LIMITED", "others ask it too"),
      "approved",
    );
    expect(await wait(client)).toMatchObject(TOKEN);
  });

  it("ends when somebody says no", async () => {
    const client = registry("pending", new LoraError("LOGIN_REFUSED", "the login was refused"));
    await expect(wait(client)).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
  });
});
