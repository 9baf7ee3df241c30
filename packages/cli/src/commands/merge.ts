// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { readRunnableStack } from "@lora/client/install";
import { mergeStack } from "@lora/client/merge";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { openProgressLine } from "../output/progress-line.ts";
import { count, formatBytes } from "../output/units.ts";

const STEPS = { read: "reading the model…", merge: "merging…", quantize: "quantizing…" };

export default class Merge extends LoraCommand {
  static override summary =
    "Write the project's model with its stack merged in, for programs that take no adapters.";
  static override description =
    "What the stack does not change stays as it is. Types other than F32, F16, BF16 and Q8_0 need llama-quantize, which is " +
    "looked for in LORA_LLAMA_QUANTIZE, beside llama-server and on PATH. Abilities cannot be taken out of the file again.";
  static override examples = [
    "<%= config.bin %> merge -o model.gguf",
    {
      description: "Without rounding to the model's types",
      command: "<%= config.bin %> merge -o model.gguf --type f16",
    },
  ];
  static override flags = {
    output: Flags.string({ char: "o", description: "the file to write", required: true, helpValue: "FILE" }),
    type: Flags.option({
      description: "of what the stack changes: f16, or as the model has it (default: base, if it can be had)",
      options: ["f16", "base"] as const,
    })(),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(Merge);
    const { model, adapters } = await readRunnableStack(flags.dir, this.directories());
    const line = openProgressLine();
    const outcome = await mergeStack({
      modelPath: model.path,
      adapters,
      outputPath: resolve(flags.output),
      type: flags.type,
      env: process.env,
      onProgress: (step) => line.say(STEPS[step]),
    }).finally(line.end);
    const merged = count(adapters.filter(({ scale }) => scale !== 0).length, "ability", "abilities");
    this.log(
      `Merged ${merged} into ${model.name}: ${outcome.changedTensors} tensors as ${outcome.type}, ${formatBytes(outcome.sizeBytes)}`,
    );
    this.log(`  ${outcome.path}`);
    return { ...outcome, merged: adapters.map(({ name, version, scale }) => ({ name, version, scale })) };
  }
}
