// SPDX-License-Identifier: Apache-2.0
import { readBase } from "@lora/client/base-source";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class Fingerprint extends LoraCommand {
  static override summary = "Say which weights a base model has, whatever its quantization.";
  static override description =
    "Reads the front and the norms only: a few megabytes, by ranges where it is a URL. A GGUF file and the directory that it " +
    "was made from have one fingerprint.";
  static override examples = [
    "<%= config.bin %> fingerprint llama-3.1-8b.q4_k_m.gguf",
    "<%= config.bin %> fingerprint ./Llama-3.1-8B-Instruct",
    "<%= config.bin %> fingerprint https://models.example.org/llama-3.1-8b.gguf",
  ];
  static override args = {
    file: Args.string({
      description:
        "a GGUF file, a base's directory as the hub has it, or the URL of either; a directory's ends with /",
      required: true,
    }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Fingerprint);
    const base = await readBase(args.file, this.baseSourceDeps(flags));
    const { fingerprint, architecture, components } = base.record;
    this.log(fingerprint);
    for (const warning of base.warnings) this.warn(warning);
    const { name, quantization, warnings } = base;
    return { fingerprint, architecture, components, name, quantization, warnings };
  }
}
