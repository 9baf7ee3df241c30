// SPDX-License-Identifier: Apache-2.0
/** What the commands share that change what is installed: install, ci, remove, update, scale. */
import { type InstallRequest, installProject } from "@lora/client/install";
import { LoraCommand, type RegistryFlags } from "./lora-command.ts";
import { installOutcomeJson, printInstallOutcome, reportInstallProgress } from "./output/install-report.ts";
import { paint } from "./output/paint.ts";

export abstract class InstallCommand extends LoraCommand {
  protected async install(request: InstallRequest, flags: RegistryFlags) {
    const progress = reportInstallProgress();
    const started = Date.now();
    const deps = await this.installDeps(flags, progress.report);
    const outcome = await installProject(deps, request).finally(progress.end);
    const elapsedMs = Date.now() - started;
    this.log(printInstallOutcome(outcome, { dryRun: request.dryRun ?? false, elapsedMs }));
    for (const note of outcome.notes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
    return installOutcomeJson(outcome);
  }
}
