// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { readModel } from "@lora/client/install";
import { type PackageName, parsePackageName } from "@lora/client/names";
import { readProject } from "@lora/client/project";
import { type VerifiedLog, type VerifiedPackage, verifyProject } from "@lora/client/trust";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { formatTable } from "../output/table.ts";

interface VerifyReport {
  ok: boolean;
  offline: boolean;
  packages: (VerifiedPackage & { ok: boolean })[];
  logs: (VerifiedLog & { ok: boolean })[];
  notes: string[];
}

export default class Verify extends LoraCommand {
  static override summary =
    "Check everything that is installed again: receipts, signatures, files and the log.";
  static override description =
    "By what lies here alone: that each release is in its registry's log, signed, and that no file was changed. Then, " +
    "unless --offline, that the log is fresh, is still the same log, and that the keys were not revoked. Exits with 1 when " +
    "a check fails.";
  static override examples = [
    "<%= config.bin %> verify",
    "<%= config.bin %> verify @demo/upper --offline",
    { description: "Which check failed, for programs", command: "<%= config.bin %> verify --json" },
  ];
  static override strict = false;
  static override usage = "verify [NAME…] [flags]";
  static override flags = {
    offline: Flags.boolean({ description: "ask nobody: check receipts, signatures and files" }),
    ...projectFlag,
    ...registryFlag,
  };

  async run(): Promise<VerifyReport> {
    const { argv, flags } = await this.parse(Verify);
    const { directory, lockfile, modelPath } = await readProject(flags.dir);
    if (lockfile === undefined) {
      throw new LoraError("NOT_INSTALLED", "nothing is installed in this project yet", {
        hint: "run lora install",
      });
    }
    const asked = (argv as string[]).map(parsePackageName);
    for (const name of asked) {
      if (lockfile.packages[name] === undefined)
        throw new LoraError("NOT_INSTALLED", `${name} is not installed in this project`, {
          hint: "see what is: lora list",
        });
    }
    const names = asked.length > 0 ? asked : (Object.keys(lockfile.packages) as PackageName[]);
    const deps = { ...(await this.installDeps(flags)), env: process.env };
    const model = await readModel(modelPath, deps.directories.cache);
    const found = await verifyProject(deps, { directory, lockfile, model, names, offline: flags.offline });
    for (const note of found.notes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
    const packages = found.packages.map((each) => ({
      ...each,
      ok: each.checks.every(({ error }) => !error),
    }));
    const logs = found.logs.map((log) => ({ ...log, ok: log.error === undefined }));
    const rows = packages.map(({ name, version, ok, checks }) => [
      mark(ok),
      name,
      version,
      ok
        ? checks.map(({ check }) => check).join(", ")
        : checks
            .flatMap(({ check, error }) => (error ? [`${check}: ${error.message} (${error.code})`] : []))
            .join("; "),
    ]);
    const logRows = logs.map(({ url, ok, size, error }) => [
      mark(ok),
      `log of ${url}`,
      "",
      ok ? `${size} entries, fresh, consistent` : `${error?.message} (${error?.code})`,
    ]);
    this.log(formatTable([...rows, ...logRows]));
    const ok = [...packages, ...logs].every((each) => each.ok);
    if (!ok) process.exitCode = 1;
    return { ok, offline: flags.offline, packages, logs, notes: found.notes };
  }
}

function mark(ok: boolean): string {
  return ok ? paint("green", "ok", process.stdout) : paint("red", "failed", process.stdout);
}
