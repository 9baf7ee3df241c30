// SPDX-License-Identifier: Apache-2.0
import { parsePackageName } from "@lora/client/names";
import { Flags } from "@oclif/core";
import { InstallCommand } from "../install-command.ts";
import { projectFlag, registryFlag } from "../lora-command.ts";

export default class Update extends InstallCommand {
  static override summary = "Take the newest versions that lora.json allows.";
  static override examples = [
    "<%= config.bin %> update",
    {
      description: "One ability; the others keep their locked versions",
      command: "<%= config.bin %> update @demo/upper",
    },
    {
      description: "Newer than the range in lora.json, which is rewritten",
      command: "<%= config.bin %> update @demo/upper --latest",
    },
  ];
  static override strict = false;
  static override usage = "update [NAME…] [flags]";
  static override flags = {
    latest: Flags.boolean({ description: "go beyond the ranges in lora.json and rewrite them" }),
    "dry-run": Flags.boolean({ description: "print the plan, change nothing" }),
    ...projectFlag,
    ...registryFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Update);
    const names = (argv as string[]).map(parsePackageName);
    const update = names.length === 0 ? "all" : names;
    return this.install(
      { directory: flags.dir, update, latest: flags.latest, dryRun: flags["dry-run"] },
      flags,
    );
  }
}
