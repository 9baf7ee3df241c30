// SPDX-License-Identifier: Apache-2.0
import { scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { parseRelease } from "../version-argument.ts";

export default class Unyank extends LoraCommand {
  static override summary = "Let a yanked version be installed again.";
  static override examples = ["<%= config.bin %> unyank @demo/upper@1.2.0"];
  static override args = {
    release: Args.string({ description: "NAME@VERSION", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Unyank);
    const { name, version } = parseRelease(args.release);
    const registry = await this.registryFor(scopeOf(name), flags);
    const notes = await registry.unyank(name, version);
    this.log(`${name} ${version} is not yanked`);
    return notes;
  }
}
