// SPDX-License-Identifier: Apache-2.0
import { formatFingerprint } from "@lora/client/fingerprint";
import type { InstallOutcome, InstallProgress, PackageChange } from "@lora/client/install";
import { paint } from "./paint.ts";
import { openProgressLine } from "./progress-line.ts";
import { formatTable } from "./table.ts";
import { count, formatBytes } from "./units.ts";

export function reportInstallProgress(): { report: (progress: InstallProgress) => void; end: () => void } {
  const line = openProgressLine();
  return {
    end: line.end,
    report(progress) {
      if (progress.step === "fetch") line.bytes("fetching", progress.doneBytes, progress.totalBytes);
      else line.say(progress.step === "resolve" ? "resolving…" : "linking…");
    },
  };
}

export function printInstallOutcome(
  outcome: InstallOutcome,
  run: { dryRun: boolean; elapsedMs: number },
): string {
  const { lockfile, model, changes } = outcome;
  const total = count(Object.keys(lockfile.packages).length, "ability", "abilities");
  const base = `${lockfile.base.name ?? model.name} (${formatFingerprint(model.fingerprint)}…)`;
  const seconds = `${(run.elapsedMs / 1000).toFixed(1)} s`;
  if (run.dryRun) return [`Would install onto ${base}:`, ...changeLines(changes, lockfile)].join("\n");
  if (outcome.upToDate) return `Already up to date: ${total} on ${base}`;
  const fetched = outcome.fetchedBytes === 0 ? "" : `, ${formatBytes(outcome.fetchedBytes)} fetched`;
  return [...changeLines(changes, lockfile), `Installed ${total} onto ${base} in ${seconds}${fetched}`].join(
    "\n",
  );
}

export function installOutcomeJson({
  directory,
  model,
  lockfile,
  changes,
  notes,
  upToDate,
  fetchedBytes,
}: InstallOutcome) {
  return {
    directory,
    base: { fingerprint: model.fingerprint, name: lockfile.base.name ?? model.name },
    upToDate,
    changes,
    notes,
    fetchedBytes,
    packages: lockfile.packages,
    stack: lockfile.stack,
  };
}

function changeLines(changes: readonly PackageChange[], lockfile: InstallOutcome["lockfile"]): string[] {
  if (changes.length === 0) return [];
  const rows = changes.map(({ name, from, to }) => {
    const adapter = lockfile.packages[name]?.adapter;
    const what = adapter === undefined ? [] : [`rank ${adapter.rank}`, formatBytes(adapter.sizeBytes)];
    if (to === undefined) return [paint("red", "-", process.stdout), name, from ?? ""];
    const sign =
      from === undefined ? paint("green", "+", process.stdout) : paint("yellow", "~", process.stdout);
    return [sign, name, from === undefined || from === to ? to : `${from} → ${to}`, ...what];
  });
  return formatTable(rows).split("\n");
}
