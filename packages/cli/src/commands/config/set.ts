// SPDX-License-Identifier: Apache-2.0
import { findSetting, readConfig, writeSetting } from "@lora/client/home";
import { Args } from "@oclif/core";
import { LoraCommand } from "../../lora-command.ts";

export default class ConfigSet extends LoraCommand {
  static override summary = "Set a setting, or take its value away.";
  static override examples = [
    {
      description: "Packages of @acme come from its own registry, and from nowhere else",
      command: "<%= config.bin %> config set @acme:registry https://lora.acme.example",
    },
    { description: "Fewer downloads at once", command: "<%= config.bin %> config set downloads 4" },
    { description: "Back to the default", command: "<%= config.bin %> config set downloads" },
  ];
  static override args = {
    name: Args.string({ description: "registry, @scope:registry or downloads", required: true }),
    value: Args.string({ description: "the value; without it the setting goes back to its default" }),
  };

  async run() {
    const { args } = await this.parse(ConfigSet);
    const { config } = this.directories();
    await writeSetting(config, args.name, args.value);
    return { name: args.name, value: findSetting(args.name).read(await readConfig(config)) ?? null };
  }
}
