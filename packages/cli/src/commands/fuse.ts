// SPDX-License-Identifier: Apache-2.0
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fuseStack } from "@lora/client/fuse";
import { readRunnableStack } from "@lora/client/install";
import { fileError } from "@lora/client/store";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { openProgressLine } from "../output/progress-line.ts";
import { count, formatBytes } from "../output/units.ts";

export default class Fuse extends LoraCommand {
  static override summary = "Make one adapter of the project's stack, which does the same and runs faster.";
  static override description =
    "The adapter is kept in the store until the stack changes, for lora serve; -o copies it to a file. Its rank is the " +
    "sum of the stack's. With --max-rank it is cut down to its strongest directions, and the error that makes is told.";
  static override examples = [
    "<%= config.bin %> fuse",
    {
      description: "A smaller one, to give away",
      command: "<%= config.bin %> fuse --max-rank 16 -o stack.gguf",
    },
  ];
  static override flags = {
    "max-rank": Flags.integer({ description: "cut higher ranks down to this", min: 1, helpValue: "RANK" }),
    output: Flags.string({ char: "o", description: "copy it to this file", helpValue: "FILE" }),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(Fuse);
    const { adapters } = await readRunnableStack(flags.dir, this.directories());
    const store = await this.openStore();
    const line = openProgressLine();
    line.say("fusing…");
    const fused = await fuseStack({
      storeDirectory: store.directory,
      adapters: adapters.map(({ name, sha256, path, scale }) => ({ name, sha256, path, scale })),
      maxRank: flags["max-rank"],
    }).finally(line.end);
    const path = flags.output === undefined ? fused.path : resolve(flags.output);
    if (path !== fused.path) {
      await copyFile(fused.path, path).catch((cause) => {
        throw fileError(cause, "write", path);
      });
    }
    const lost = fused.error === 0 ? "" : `, error ${(100 * fused.error).toPrecision(2)} %`;
    this.log(
      `Fused ${count(adapters.length, "ability", "abilities")}: rank ${fused.rank}, ${formatBytes(fused.sizeBytes)}${lost}`,
    );
    this.log(`  ${path}`);
    return { ...fused, path };
  }
}
