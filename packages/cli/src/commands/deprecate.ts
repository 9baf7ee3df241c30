// SPDX-License-Identifier: Apache-2.0
import { scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { parseRelease } from "../version-argument.ts";

export default class Deprecate extends LoraCommand {
  static override summary = "Tell whoever looks at a version that there is something better.";
  static override description = "It can be installed as before. An empty message takes the deprecation back.";
  static override examples = [
    "<%= config.bin %> deprecate @demo/upper@1.2.0 'use 2.x, which also knows accents'",
    { description: "Take it back", command: "<%= config.bin %> deprecate @demo/upper@1.2.0 ''" },
  ];
  static override args = {
    release: Args.string({ description: "NAME@VERSION", required: true }),
    // Not `required`: an empty message counts as a missing one there.
    message: Args.string({ description: "what to do instead; empty takes it back" }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Deprecate);
    const { name, version } = parseRelease(args.release);
    const registry = await this.registryFor(scopeOf(name), flags);
    const message = args.message ?? "";
    if (message === "") {
      const notes = await registry.undeprecate(name, version);
      this.log(`${name} ${version} is not deprecated`);
      return notes;
    }
    const notes = await registry.deprecate(name, version, message);
    this.log(`Deprecated ${name} ${version}: ${message}`);
    return notes;
  }
}
