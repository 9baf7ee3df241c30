// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { readToken, removeToken } from "@lora/client/home";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class Logout extends LoraCommand {
  static override summary = "Revoke the token of a registry, and forget it.";
  static override examples = ["<%= config.bin %> logout"];
  static override flags = { ...registryFlag };

  async run() {
    const { flags } = await this.parse(Logout);
    const accounts = await this.accounts(flags);
    const { config } = this.directories();
    // Only what is stored here: a token of the environment belongs to whoever set it.
    const stored = await readToken(config, accounts.url, {});
    if (stored === undefined) {
      throw new LoraError("UNAUTHENTICATED", `this machine is not logged in to ${accounts.url}`);
    }
    const { createAccountClient } = await import("@lora/client/account-client");
    const revoked = await createAccountClient(accounts.url, stored)
      .revokeOwnToken()
      .then(() => true)
      .catch((error: unknown) => {
        // Revoked or expired already: there is nothing left but to forget it.
        if (error instanceof LoraError && error.code === "UNAUTHENTICATED") return false;
        throw error;
      });
    await removeToken(config, accounts.url);
    this.log(`Logged out of ${accounts.url}`);
    return { registry: accounts.url, revoked };
  }
}
