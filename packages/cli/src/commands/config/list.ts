// SPDX-License-Identifier: Apache-2.0
import { listSettings, readConfig } from "@lora/client/home";
import { LoraCommand } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

export default class ConfigList extends LoraCommand {
  static override hiddenAliases = ["config:ls"];
  static override summary = "List the settings that have a value.";
  static override examples = ["<%= config.bin %> config list"];

  async run() {
    await this.parse(ConfigList);
    const settings = listSettings(await readConfig(this.directories().config));
    const rows = Object.entries(settings);
    this.log(
      rows.length === 0 ? "No settings yet. Set one: lora config set registry URL" : formatTable(rows),
    );
    return settings;
  }
}
