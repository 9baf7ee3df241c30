// SPDX-License-Identifier: Apache-2.0
/** Tells when a project's stack may have changed: `lora install` and its kin replace files by rename. */
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { LOCKFILE_NAME, MANIFEST_NAME } from "../project/index.ts";

/** An install renames several files; one look is enough for all of them. */
const SETTLE_MS = 15;
/** Where the file system tells nothing, as over a network. */
const POLL_MS = 1000;

const FILES = [LOCKFILE_NAME, MANIFEST_NAME, join(".lora", "stack.json")];

/** @returns ends the watching */
export function watchProject(directory: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stamp = "";
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, SETTLE_MS);
  };
  const poll = async () => {
    const now = (await Promise.all(FILES.map((file) => stampOf(join(directory, file))))).join("|");
    if (stamp !== "" && stamp !== now) soon();
    stamp = now;
  };
  void poll();
  const polling = setInterval(poll, POLL_MS);
  const watchers = [directory, join(directory, ".lora")].flatMap((path) => {
    try {
      const watcher: FSWatcher = watch(path, (_, name) => {
        if (name === null || FILES.some((file) => file.endsWith(String(name)))) soon();
      });
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  });
  return () => {
    clearInterval(polling);
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? "" : `${found.size} ${found.mtimeNs} ${found.ino}`;
}
