// SPDX-License-Identifier: Apache-2.0
import { InstallCommand } from "../install-command.ts";
import { networkFlags, projectFlag, registryFlag } from "../lora-command.ts";

export default class Ci extends InstallCommand {
  static override summary = "Make .lora/ anew from exactly what the lockfile says.";
  static override examples = ["<%= config.bin %> ci"];
  static override flags = { ...networkFlags, ...projectFlag, ...registryFlag };

  async run() {
    const { flags } = await this.parse(Ci);
    return this.install({ directory: flags.dir, frozen: true, clean: true }, flags);
  }
}
