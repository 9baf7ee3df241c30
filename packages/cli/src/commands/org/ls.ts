// SPDX-License-Identifier: Apache-2.0
import { Args } from "@oclif/core";
import { parseAccountName } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describeRoles } from "../../output/owners-report.ts";
import { formatTable } from "../../output/table.ts";

export default class OrgLs extends LoraCommand {
  static override summary = "List your organisations, or an organisation's members.";
  static override examples = ["<%= config.bin %> org ls", "<%= config.bin %> org ls acme"];
  static override args = {
    organisation: Args.string({ description: "list the members of this one" }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OrgLs);
    const accounts = await this.accounts(flags);
    if (args.organisation !== undefined) {
      const listed = await accounts.members(parseAccountName(args.organisation));
      this.log(describeRoles(listed.members));
      return listed;
    }
    const organisations = await accounts.organisations();
    const rows = organisations.map(({ name, role }) => [name, role]);
    this.log(rows.length === 0 ? "You are in no organisation." : formatTable(rows));
    return { organisations };
  }
}
