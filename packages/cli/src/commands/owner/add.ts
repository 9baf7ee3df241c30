// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { Args } from "@oclif/core";
import { parseHolder } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";
import { roleFlag } from "../../role-flag.ts";

export default class OwnerAdd extends LoraCommand {
  static override summary = "Give an account or an organisation a role in a scope.";
  static override examples = ["<%= config.bin %> owner add @acme alice --role publisher"];
  static override args = {
    scope: Args.string({ description: "the scope, such as @acme", required: true }),
    holder: Args.string({ description: "the account, or org: and an organisation", required: true }),
  };
  static override flags = { ...roleFlag, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OwnerAdd);
    const [scope, holder] = [parseScopeName(args.scope), parseHolder(args.holder)];
    const listed = await (await this.accounts(flags, scope)).setOwner(scope, holder, flags.role);
    this.log(`${holder} is now ${flags.role} of ${scope}`);
    this.log(describeRoles(listed.owners));
    return listed;
  }
}
