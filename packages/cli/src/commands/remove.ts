// SPDX-License-Identifier: Apache-2.0
import { parsePackageName } from "@lora/client/names";
import { Errors } from "@oclif/core";
import { InstallCommand } from "../install-command.ts";
import { networkFlags, projectFlag, registryFlag } from "../lora-command.ts";

export default class Remove extends InstallCommand {
  static override summary = "Remove abilities, and what came with them alone.";
  static override examples = ["<%= config.bin %> remove @demo/shout"];
  static override hiddenAliases = ["rm", "uninstall"];
  static override strict = false;
  static override usage = "remove NAME… [flags]";
  static override flags = { ...networkFlags, ...projectFlag, ...registryFlag };

  async run() {
    const { argv, flags } = await this.parse(Remove);
    if (argv.length === 0) throw new Errors.CLIError("name at least one ability to remove");
    return this.install({ directory: flags.dir, remove: (argv as string[]).map(parsePackageName) }, flags);
  }
}
