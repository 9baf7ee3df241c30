// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { Args } from "@oclif/core";
import { parseHolder } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";

export default class OwnerRm extends LoraCommand {
  static override summary = "Take a role in a scope away.";
  static override examples = ["<%= config.bin %> owner rm @acme alice"];
  static override args = {
    scope: Args.string({ description: "the scope, such as @acme", required: true }),
    holder: Args.string({ description: "the account, or org: and an organisation", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OwnerRm);
    const [scope, holder] = [parseScopeName(args.scope), parseHolder(args.holder)];
    const listed = await (await this.accounts(flags, scope)).setOwner(scope, holder, null);
    this.log(`${holder} has no role in ${scope} any more`);
    this.log(describeRoles(listed.owners));
    return listed;
  }
}
