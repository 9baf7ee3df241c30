// SPDX-License-Identifier: Apache-2.0

import { httpSource } from "@lora/client/byte-source";
import { fingerprintBase } from "@lora/client/fingerprint";
import { fingerprintFile } from "@lora/client/install";
import { environmentFetch } from "@lora/client/registry-client";
import { Args } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";

export default class Fingerprint extends LoraCommand {
  static override summary = "Say which weights a base model has, whatever its quantization.";
  static override description =
    "Reads the header and the norms only: a few megabytes at the front of the file, by ranges where it is a URL.";
  static override examples = [
    "<%= config.bin %> fingerprint llama-3.1-8b.q4_k_m.gguf",
    "<%= config.bin %> fingerprint https://models.example.org/llama-3.1-8b.gguf",
  ];
  static override args = { file: Args.string({ description: "a GGUF file or its URL", required: true }) };

  async run() {
    const { args } = await this.parse(Fingerprint);
    const isUrl = /^https?:\/\//.test(args.file);
    const base = isUrl
      ? await fingerprintBase(await httpSource(args.file, { fetch: await environmentFetch() }))
      : await fingerprintFile(args.file);
    this.log(base.fingerprint);
    for (const warning of base.warnings) this.warn(warning);
    const { fingerprint, architecture, components, name, quantization, warnings } = base;
    return { fingerprint, architecture, components, name, quantization, warnings };
  }
}
