// SPDX-License-Identifier: Apache-2.0
import { Args } from "@oclif/core";
import { parseAccountName } from "../../holder-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class OrgCreate extends LoraCommand {
  static override summary = "Make an organisation, and be its owner.";
  static override examples = ["<%= config.bin %> org create acme"];
  static override args = {
    organisation: Args.string({ description: "its name, such as acme", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(OrgCreate);
    const name = parseAccountName(args.organisation);
    await (await this.accounts(flags)).createOrganisation(name);
    this.log(`Made the organisation ${name}`);
    this.log(`  give it a scope with: lora scope create @${name} --org ${name}`);
    return { name };
  }
}
