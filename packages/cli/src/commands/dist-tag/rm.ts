// SPDX-License-Identifier: Apache-2.0
import { parsePackageName, scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { parseDistTag } from "../../dist-tag-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class DistTagRm extends LoraCommand {
  static override summary = "Remove a tag; the version stays.";
  static override description = "Without its tag, latest is the newest release again.";
  static override examples = ["<%= config.bin %> dist-tag rm @demo/upper beta"];
  static override args = {
    name: Args.string({ description: "the package", required: true }),
    tag: Args.string({ description: "the tag, such as beta", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(DistTagRm);
    const name = parsePackageName(args.name);
    const tag = parseDistTag(args.tag);
    const registry = await this.registryFor(scopeOf(name), flags);
    const tags = await registry.removeDistTag(name, tag);
    const left = Object.hasOwn(tags.distTags, tag) ? tags.distTags[tag] : undefined;
    this.log(
      left === undefined ? `${name} has no tag ${tag}` : `${tag} of ${name} is the newest release, ${left}`,
    );
    return tags;
  }
}
