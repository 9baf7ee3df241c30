// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";

export default class Completion extends LoraCommand {
  static override summary = "Show how to have the shell complete commands and flags.";
  static override examples = ["<%= config.bin %> completion", "<%= config.bin %> completion zsh"];
  static override args = {
    shell: Args.string({
      description: "bash, zsh or powershell (default: the shell that runs)",
      options: ["bash", "zsh", "powershell"],
    }),
  };
  static override flags = {
    refresh: Flags.boolean({ description: "write the completion files anew, without instructions" }),
  };

  async run() {
    const { args, flags } = await this.parse(Completion);
    const shell = args.shell === undefined ? [] : [args.shell];
    await this.config.runCommand("autocomplete", [...shell, ...(flags.refresh ? ["--refresh-cache"] : [])]);
    return { shell: args.shell ?? this.config.shell };
  }
}
