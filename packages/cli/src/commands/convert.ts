// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { convertPeftDirectory } from "@lora/client/peft-directory";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { formatBytes } from "../output/units.ts";
import { readPeftBase } from "../peft-base.ts";

export default class Convert extends LoraCommand {
  static override summary = "Convert an adapter as PEFT saves it to a GGUF file for llama.cpp.";
  static override description =
    "Scales of rsLoRA, rank_pattern and alpha_pattern come out exactly; what cannot be converted faithfully is refused " +
    "with the reason. The base tells how many heads the attention has: its GGUF file, or the directory with its config.json.";
  static override examples = [
    "<%= config.bin %> convert my-adapter --base llama-3.1-8b.gguf -o my-adapter.gguf",
    {
      description: "With the base as the hub has it",
      command: "<%= config.bin %> convert my-adapter --base ./Llama-3.1-8B-Instruct -o my-adapter.gguf",
    },
  ];
  static override args = {
    dir: Args.string({
      description: "directory with adapter_config.json and adapter_model.safetensors",
      required: true,
    }),
  };
  static override flags = {
    base: Flags.string({
      description:
        "the base: a GGUF file in any quantization or its URL, a directory with config.json, or what the registry knows " +
        "by a name or fingerprint",
      helpValue: "FILE|DIR|URL|NAME",
      required: true,
    }),
    output: Flags.string({ char: "o", description: "the file to write", required: true, helpValue: "FILE" }),
    type: Flags.option({
      description: "of the written tensors",
      options: ["F16", "F32", "BF16", "Q8_0"] as const,
      default: "F16" as const,
    })(),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Convert);
    const outputPath = resolve(flags.output);
    const base = await readPeftBase(flags.base, this.baseSourceDeps(flags));
    const { adapter, sizeBytes, notes } = await convertPeftDirectory(resolve(args.dir), {
      base,
      outputPath,
      type: flags.type,
    });
    const { architecture, rank, alpha, targets } = adapter;
    this.log(`Wrote ${outputPath}: ${formatBytes(sizeBytes)}, rank ${rank}, for ${architecture}`);
    for (const note of notes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
    return { path: outputPath, sizeBytes, type: flags.type, architecture, rank, alpha, targets, notes };
  }
}
