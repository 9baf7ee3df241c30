// SPDX-License-Identifier: Apache-2.0
import { findSetting, readConfig } from "@lora/client/home";
import { Args } from "@oclif/core";
import { LoraCommand } from "../../lora-command.ts";

export default class ConfigGet extends LoraCommand {
  static override summary = "Print one setting; nothing where it has no value.";
  static override examples = [
    "<%= config.bin %> config get registry",
    "<%= config.bin %> config get @acme:registry",
  ];
  static override args = {
    name: Args.string({ description: "registry, @scope:registry or downloads", required: true }),
  };

  async run() {
    const { args } = await this.parse(ConfigGet);
    const value = findSetting(args.name).read(await readConfig(this.directories().config));
    if (value !== undefined) this.log(value);
    return { name: args.name, value: value ?? null };
  }
}
