// SPDX-License-Identifier: Apache-2.0
import { parsePackageName, scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describePublishers } from "../../output/publishers-report.ts";

export default class PublisherLs extends LoraCommand {
  static override summary = "List the CI workflows that may publish a package.";
  static override examples = ["<%= config.bin %> publisher ls @acme/sql"];
  static override args = { package: Args.string({ description: "@SCOPE/NAME", required: true }) };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(PublisherLs);
    const name = parsePackageName(args.package);
    const publishers = await (await this.accounts(flags, scopeOf(name))).publishers(name);
    this.log(describePublishers(publishers));
    return { publishers };
  }
}
