// SPDX-License-Identifier: Apache-2.0
import { parsePackageName, scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describePublishers } from "../../output/publishers-report.ts";

export default class PublisherRm extends LoraCommand {
  static override summary = "Let a CI workflow no longer publish a package.";
  static override examples = ["<%= config.bin %> publisher rm @acme/sql 3"];
  static override args = {
    package: Args.string({ description: "@SCOPE/NAME", required: true }),
    id: Args.integer({ description: "its number, as lora publisher ls lists it", required: true, min: 0 }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(PublisherRm);
    const name = parsePackageName(args.package);
    const publishers = await (await this.accounts(flags, scopeOf(name))).removePublisher(name, args.id);
    this.log(describePublishers(publishers));
    return { publishers };
  }
}
