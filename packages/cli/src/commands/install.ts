// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parsePackageSpec } from "@lora/client/names";
import { Flags } from "@oclif/core";
import { InstallCommand } from "../install-command.ts";
import { networkFlags, projectFlag, registryFlag } from "../lora-command.ts";

export default class Install extends InstallCommand {
  static override summary = "Install abilities onto the project's model.";
  static override description =
    "With names: adds them to lora.json. Without: installs what lora.json asks for. Choices in lora-lock.json are kept; " +
    "an install that is locked and cached makes no network request.";
  static override examples = [
    "<%= config.bin %> install @demo/upper",
    "<%= config.bin %> install @demo/upper@^1.2 @demo/shout",
    { description: "Everything that lora.json asks for", command: "<%= config.bin %> install" },
    { description: "See what would be installed", command: "<%= config.bin %> install @demo/loud --dry-run" },
  ];
  static override strict = false;
  static override usage = "install [NAME[@RANGE]…] [flags]";
  static override flags = {
    "frozen-lockfile": Flags.boolean({
      description: "fail if the lockfile would change (default where CI=true and there is one)",
      allowNo: true,
    }),
    save: Flags.boolean({ description: "write lora.json and the lockfile", default: true, allowNo: true }),
    "dry-run": Flags.boolean({ description: "print the plan, change nothing" }),
    ...networkFlags,
    ...projectFlag,
    ...registryFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Install);
    const add = (argv as string[]).map(parsePackageSpec);
    // Naming an ability is asking for a change.
    const frozen = flags["frozen-lockfile"] ?? (add.length === 0 && (await isFrozenByDefault(flags.dir)));
    return this.install(
      { directory: flags.dir, add, frozen, save: flags.save, dryRun: flags["dry-run"] },
      flags,
    );
  }
}

async function isFrozenByDefault(directory: string): Promise<boolean> {
  if (process.env.CI !== "true") return false;
  return stat(join(directory, "lora-lock.json")).then(
    () => true,
    () => false,
  );
}
