// SPDX-License-Identifier: Apache-2.0
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class TokenRevoke extends LoraCommand {
  static override summary = "Revoke a token of your account, at once.";
  static override examples = ["<%= config.bin %> token revoke 17"];
  static override args = {
    id: Args.integer({ description: "its number, as lora token ls lists it", required: true, min: 0 }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(TokenRevoke);
    await (await this.accounts(flags)).revokeToken(args.id);
    this.log(`Revoked token ${args.id}`);
    return { id: args.id };
  }
}
