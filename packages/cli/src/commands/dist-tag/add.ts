// SPDX-License-Identifier: Apache-2.0
import { scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { parseDistTag } from "../../dist-tag-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { parseRelease } from "../../version-argument.ts";

export default class DistTagAdd extends LoraCommand {
  static override summary = "Let a tag name a version, or move it there.";
  static override description =
    "latest is the newest release until it is set; from then on it stays where it was set, until it is removed.";
  static override examples = [
    "<%= config.bin %> dist-tag add @demo/upper@2.0.0-rc.1 beta",
    {
      description: "Whoever asks for latest gets this one, whatever is published",
      command: "<%= config.bin %> dist-tag add @demo/upper@1.2.0 latest",
    },
  ];
  static override args = {
    release: Args.string({ description: "NAME@VERSION", required: true }),
    tag: Args.string({ description: "the tag, such as beta", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(DistTagAdd);
    const { name, version } = parseRelease(args.release);
    const tag = parseDistTag(args.tag);
    const registry = await this.registryFor(scopeOf(name), flags);
    const tags = await registry.setDistTag(name, tag, version);
    this.log(`${tag} of ${name} is ${version}`);
    return tags;
  }
}
