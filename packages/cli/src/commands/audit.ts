// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { readProject } from "@lora/client/project";
import { auditLockfile, isAlarm } from "@lora/client/trust";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { formatTable } from "../output/table.ts";
import { count } from "../output/units.ts";

export default class Audit extends LoraCommand {
  static override summary = "Ask the registry's log what became of the releases in the lockfile.";
  static override description =
    "Finds versions that were yanked or taken down, keys that were revoked or reset, and releases that the registry hides. " +
    "Exits with 1 when there are any; a key that another key of the scope vouched for is told, and is no reason to.";
  static override examples = ["<%= config.bin %> audit", "<%= config.bin %> audit --json"];
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { flags } = await this.parse(Audit);
    const { lockfile } = await readProject(flags.dir);
    if (lockfile === undefined) {
      throw new LoraError("NOT_INSTALLED", "nothing is installed in this project yet", {
        hint: "run lora install",
      });
    }
    const deps = { ...(await this.installDeps(flags)), env: process.env };
    const { findings, logs, notes } = await auditLockfile(deps, lockfile);
    for (const note of notes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
    const total = count(Object.keys(lockfile.packages).length, "ability", "abilities");
    if (findings.length > 0) {
      const rows = findings.map((finding) => [
        isAlarm(finding)
          ? paint("red", finding.kind, process.stdout)
          : paint("cyan", finding.kind, process.stdout),
        finding.name,
        finding.version,
        finding.detail,
        `entry ${finding.index}`,
      ]);
      this.log(formatTable(rows));
    }
    const alarms = findings.filter(isAlarm);
    if (alarms.length > 0) process.exitCode = 1;
    else
      this.log(
        `Nothing is wrong with ${total}, by ${logs.map(({ origin, size }) => `${size} entries of ${origin}`).join(", ")}`,
      );
    return { ok: alarms.length === 0, findings, logs, notes };
  }
}
