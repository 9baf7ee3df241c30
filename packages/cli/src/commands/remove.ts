// SPDX-License-Identifier: Apache-2.0
import { installProject } from "@lora/client/install";
import { parsePackageName } from "@lora/client/names";
import { Errors } from "@oclif/core";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { installOutcomeJson, printInstallOutcome, reportInstallProgress } from "../output/install-report.ts";

export default class Remove extends LoraCommand {
  static override summary = "Remove abilities, and what came with them alone.";
  static override examples = ["<%= config.bin %> remove @demo/shout"];
  static override strict = false;
  static override usage = "remove NAME… [--dir DIR] [--json]";
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { argv, flags } = await this.parse(Remove);
    if (argv.length === 0) throw new Errors.CLIError("name at least one ability to remove");
    const progress = reportInstallProgress();
    const started = performance.now();
    const outcome = await installProject(
      {
        store: await this.openStore(),
        directories: this.directories(),
        registry: () => this.openRegistry(flags.registry),
        onProgress: progress.report,
      },
      { directory: flags.dir, remove: (argv as string[]).map(parsePackageName) },
    ).finally(progress.end);
    this.log(printInstallOutcome(outcome, { dryRun: false, elapsedMs: performance.now() - started }));
    return installOutcomeJson(outcome);
  }
}
