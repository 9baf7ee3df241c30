// SPDX-License-Identifier: Apache-2.0
import { Args } from "@oclif/core";
import { parseAccountName } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";

export default class OrgRm extends LoraCommand {
  static override summary = "Take an account out of an organisation.";
  static override description =
    "In a scope of the organisation a member may do at most what the organisation may there.";
  static override examples = ["<%= config.bin %> org rm acme alice"];
  static override args = {
    organisation: Args.string({ description: "the organisation", required: true }),
    account: Args.string({ description: "the account", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OrgRm);
    const [organisation, member] = [parseAccountName(args.organisation), parseAccountName(args.account)];
    const listed = await (await this.accounts(flags)).setMember(organisation, member, null);
    this.log(`${member} is no member of ${organisation} any more`);
    this.log(describeRoles(listed.members));
    return listed;
  }
}
