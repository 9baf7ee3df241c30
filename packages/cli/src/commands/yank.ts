// SPDX-License-Identifier: Apache-2.0
import { scopeOf } from "@lora/client/names";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { parseRelease } from "../version-argument.ts";

export default class Yank extends LoraCommand {
  static override summary = "Take a version out of every new install.";
  static override description =
    "Projects that have it in their lockfile keep it: its files stay. lora unyank takes it back.";
  static override examples = [
    "<%= config.bin %> yank @demo/upper@1.2.0 --reason 'trained on the wrong data'",
  ];
  static override args = {
    release: Args.string({ description: "NAME@VERSION", required: true }),
  };
  static override flags = {
    reason: Flags.string({ description: "why, for everybody to read", required: true, helpValue: "TEXT" }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Yank);
    const { name, version } = parseRelease(args.release);
    const registry = await this.registryFor(scopeOf(name), flags);
    const notes = await registry.yank(name, version, flags.reason);
    this.log(`Yanked ${name} ${version}: ${flags.reason}`);
    return notes;
  }
}
