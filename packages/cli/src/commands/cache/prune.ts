// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import type { Sha256 } from "@lora/client/digest";
import { LOCKFILE_NAME, parseLockfile } from "@lora/client/project";
import { readDocument } from "@lora/client/store";
import { pruneStore } from "@lora/client/store-maintenance";
import { LoraCommand } from "../../lora-command.ts";
import { count, formatBytes } from "../../output/units.ts";

export default class CachePrune extends LoraCommand {
  static override summary = "Remove from the local store what no project's lockfile names.";
  static override description = "Projects are those in which lora install ran. Files of the last hour stay.";
  static override examples = ["<%= config.bin %> cache prune"];

  async run() {
    await this.parse(CachePrune);
    const result = await pruneStore(await this.openStore(), readLocked);
    this.log(`${count(result.removed, "file")} removed, ${formatBytes(result.removedBytes)} freed`);
    return result;
  }
}

/** Undefined when there is no lockfile any more. One that cannot be read stops the command: what it names is not known. */
async function readLocked(project: string): Promise<{ releaseIds: Sha256[]; blobs: Sha256[] } | undefined> {
  const path = join(project, LOCKFILE_NAME);
  const text = await readDocument(path);
  if (text === undefined) return undefined;
  const packages = Object.values(parseLockfile(text, path).packages);
  return {
    releaseIds: packages.map(({ id }) => id),
    blobs: packages.flatMap(({ adapter }) => (adapter === undefined ? [] : [adapter.sha256])),
  };
}
