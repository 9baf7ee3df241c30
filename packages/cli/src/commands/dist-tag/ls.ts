// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parsePackageName, scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

export default class DistTagLs extends LoraCommand {
  static override summary = "List the tags of a package, each with its version.";
  static override examples = ["<%= config.bin %> dist-tag ls @demo/upper"];
  static override args = { name: Args.string({ description: "the package", required: true }) };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(DistTagLs);
    const name = parsePackageName(args.name);
    const index = await (await this.registryFor(scopeOf(name), flags)).index(name);
    if (index === undefined) throw new LoraError("PACKAGE_NOT_FOUND", `the registry has no package ${name}`);
    const tags = Object.entries(index.distTags);
    this.log(tags.length === 0 ? `${name} has no tags: every version of it is yanked` : formatTable(tags));
    return { name, distTags: index.distTags };
  }
}
