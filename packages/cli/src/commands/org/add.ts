// SPDX-License-Identifier: Apache-2.0
import { Args } from "@oclif/core";
import { parseAccountName } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";
import { roleFlag } from "../../role-flag.ts";

export default class OrgAdd extends LoraCommand {
  static override summary = "Give an account a role in an organisation.";
  static override description =
    "In a scope of the organisation a member may do at most what the organisation may there.";
  static override examples = ["<%= config.bin %> org add acme alice --role publisher"];
  static override args = {
    organisation: Args.string({ description: "the organisation", required: true }),
    account: Args.string({ description: "the account", required: true }),
  };
  static override flags = { ...roleFlag, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OrgAdd);
    const [organisation, member] = [parseAccountName(args.organisation), parseAccountName(args.account)];
    const listed = await (await this.accounts(flags)).setMember(organisation, member, flags.role);
    this.log(`${member} is now ${flags.role} of ${organisation}`);
    this.log(describeRoles(listed.members));
    return listed;
  }
}
