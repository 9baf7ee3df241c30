// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { openFileSource } from "@lora/client/file-source";
import { type Adapter, readAdapter } from "@lora/client/gguf";
import { fingerprintFile } from "@lora/client/install";
import { Args } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";
import { formatTable } from "../output/table.ts";
import { count, formatBytes } from "../output/units.ts";

export default class Inspect extends LoraCommand {
  static override summary = "Show what is in a GGUF file: a base model, or an adapter.";
  static override examples = [
    "<%= config.bin %> inspect upper.gguf",
    "<%= config.bin %> inspect base.gguf --json",
  ];
  static override args = { file: Args.string({ description: "a GGUF file", required: true }) };

  async run() {
    const { args } = await this.parse(Inspect);
    const adapter = await this.readAdapter(args.file);
    return adapter === undefined ? this.showBase(args.file) : this.showAdapter(adapter);
  }

  /** Undefined when the file is a base model. */
  private async readAdapter(path: string): Promise<Adapter | undefined> {
    await using source = await openFileSource(path);
    return readAdapter(source).catch((error: unknown) => {
      if (error instanceof LoraError && error.details?.kind === "base") return undefined;
      throw error;
    });
  }

  private showAdapter(adapter: Adapter) {
    const { architecture, rank, alpha, targets, sizeBytes } = adapter;
    const tensors = adapter.tensors.map(({ base, rank, inFeatures, outFeatures }) => ({
      base,
      rank,
      inFeatures,
      outFeatures,
    }));
    this.log(
      formatTable([
        ["kind", "LoRA adapter"],
        ["architecture", architecture],
        ["rank", String(rank)],
        ["alpha", String(alpha)],
        ["targets", targets.join(", ")],
        ["tensors", `${count(tensors.length, "pair")}`],
        ["size", formatBytes(sizeBytes)],
      ]),
    );
    return { kind: "adapter", architecture, rank, alpha, targets, sizeBytes, tensors };
  }

  private async showBase(path: string) {
    const { fingerprint, architecture, components, name, quantization, record, warnings } =
      await fingerprintFile(path);
    this.log(
      formatTable([
        ["kind", "base model"],
        ["name", name ?? "(none)"],
        ["architecture", architecture],
        ["quantization", quantization],
        ["vocabulary", String(record.vocabularySize)],
        ["fingerprint", fingerprint],
        ...Object.entries(components).map(([component, digest]) => [`  ${component}`, digest]),
      ]),
    );
    for (const warning of warnings) this.warn(warning);
    return { kind: "base", fingerprint, architecture, components, name, quantization, warnings };
  }
}
