// SPDX-License-Identifier: Apache-2.0
import { findOutdated } from "@lora/client/install";
import { LoraCommand, networkFlags, projectFlag, registryFlag } from "../lora-command.ts";
import { formatTable } from "../output/table.ts";

export default class Outdated extends LoraCommand {
  static override summary = "List abilities that could be newer, and what holds them back.";
  static override description =
    "current is installed, wanted is what lora update would take, latest is the newest release. Exits with 1 when there are any.";
  static override examples = ["<%= config.bin %> outdated"];
  static override flags = { ...networkFlags, ...projectFlag, ...registryFlag };

  async run() {
    const { flags } = await this.parse(Outdated);
    const outdated = await findOutdated(await this.installDeps(flags), flags.dir);
    if (outdated.length === 0) this.log("Everything is at its latest version.");
    else {
      const rows = outdated.map(({ name, current, wanted = "-", latest, heldBack = "" }) => [
        name,
        current,
        wanted,
        latest,
        heldBack.split("\n", 1)[0] ?? "",
      ]);
      this.log(formatTable([["ability", "current", "wanted", "latest", "held back by"], ...rows]));
      process.exitCode = 1;
    }
    return { outdated };
  }
}
