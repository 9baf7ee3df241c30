// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";

export default class OwnerLs extends LoraCommand {
  static override summary = "List who has a role in a scope.";
  static override examples = ["<%= config.bin %> owner ls @acme"];
  static override args = { scope: Args.string({ description: "the scope, such as @acme", required: true }) };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OwnerLs);
    const scope = parseScopeName(args.scope);
    const listed = await (await this.accounts(flags, scope)).owners(scope);
    this.log(describeRoles(listed.owners));
    return listed;
  }
}
