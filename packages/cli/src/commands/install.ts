// SPDX-License-Identifier: Apache-2.0
import { type InstallOutcome, installProject } from "@lora/client/install";
import { parsePackageSpec } from "@lora/client/names";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { installOutcomeJson, printInstallOutcome, reportInstallProgress } from "../output/install-report.ts";

export default class Install extends LoraCommand {
  static override summary = "Install abilities onto the project's model.";
  static override description =
    "With names: adds them to lora.json. Without: installs what lora.json asks for. Choices in lora-lock.json are kept; " +
    "an install that is locked and cached makes no network request.";
  static override examples = [
    "<%= config.bin %> install @demo/upper",
    "<%= config.bin %> install @demo/upper@^1.2 @demo/shout",
    { description: "Everything that lora.json asks for", command: "<%= config.bin %> install" },
  ];
  static override strict = false;
  static override usage = "install [NAME[@RANGE]…] [--dir DIR] [--dry-run] [--registry URL] [--json]";
  static override flags = {
    "dry-run": Flags.boolean({ description: "print the plan, change nothing" }),
    ...projectFlag,
    ...registryFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Install);
    const add = (argv as string[]).map(parsePackageSpec);
    const progress = reportInstallProgress();
    const started = performance.now();
    const outcome: InstallOutcome = await installProject(
      {
        store: await this.openStore(),
        directories: this.directories(),
        registry: () => this.openRegistry(flags.registry),
        onProgress: progress.report,
      },
      { directory: flags.dir, add, dryRun: flags["dry-run"] },
    ).finally(progress.end);
    this.log(
      printInstallOutcome(outcome, { dryRun: flags["dry-run"], elapsedMs: performance.now() - started }),
    );
    return installOutcomeJson(outcome);
  }
}
