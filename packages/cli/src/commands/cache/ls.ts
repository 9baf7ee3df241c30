// SPDX-License-Identifier: Apache-2.0
import { listBlobs } from "@lora/client/store-maintenance";
import { LoraCommand } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";
import { count, formatBytes } from "../../output/units.ts";

export default class CacheLs extends LoraCommand {
  static override summary = "List what the local store holds.";
  static override examples = ["<%= config.bin %> cache ls"];

  async run() {
    await this.parse(CacheLs);
    const store = await this.openStore();
    const blobs = (await listBlobs(store)).sort((a, b) => b.sizeBytes - a.sizeBytes);
    const totalBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (blobs.length > 0)
      this.log(formatTable(blobs.map(({ sha256, sizeBytes }) => [sha256, formatBytes(sizeBytes)])));
    this.log(`${count(blobs.length, "file")}, ${formatBytes(totalBytes)} in ${store.directory}`);
    return {
      directory: store.directory,
      totalBytes,
      blobs: blobs.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes })),
    };
  }
}
