// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord, Fingerprint } from "@lora/client/fingerprint";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";
import { count, formatBytes } from "../../output/units.ts";

export default class BaseInfo extends LoraCommand {
  static override summary =
    "Show a base: what its fingerprint is made of, and what the registry knows of it.";
  static override description =
    "Of a file, a directory or a URL it says what it reads there, beside what the registry knows of that fingerprint.";
  static override examples = [
    "<%= config.bin %> base info llama-3.1-8b.q4_k_m.gguf",
    "<%= config.bin %> base info meta-llama/Llama-3.1-8B-Instruct",
  ];
  static override args = {
    base: Args.string({
      description: "a GGUF file, a directory, a URL, or a name or fingerprint that the registry knows",
      required: true,
    }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(BaseInfo);
    const { readBase } = await import("@lora/client/base-source");
    const deps = this.baseSourceDeps(flags);
    const base = await readBase(args.base, deps);
    const isLocal = base.origin.kind !== "registry";
    const asked = isLocal ? await this.knownRecord(base.record, deps) : base.record;
    const known = asked === "silent" ? undefined : asked;
    const record = known ?? base.record;
    const { fingerprint, components } = base.record;
    this.log(
      formatTable([
        ["names", [...new Set([base.name, ...record.names])].join(", ")],
        ["fingerprint", fingerprint],
        ...Object.entries(components).map(([component, digest]) => [`  ${component}`, digest]),
        ...describeShape(base.record),
        ...record.builds.map(({ sha256, sizeBytes, quantization }) => [
          "known build",
          `${quantization}, ${formatBytes(sizeBytes)}, sha256 ${sha256}`,
        ]),
      ]),
    );
    const same = await this.sameBases(known, deps);
    for (const other of same)
      this.log(`The registry says that ${other} is the same base, saved in another precision.`);
    if (asked === undefined)
      this.log("The registry does not know it: lora base add tells it of fingerprint and shapes.");
    for (const warning of base.warnings) this.warn(warning);
    const isKnown = asked === "silent" ? null : known !== undefined;
    return { origin: base.origin, isKnown, record, same, warnings: base.warnings };
  }

  private async sameBases(
    known: BaseRecord | undefined,
    deps: ReturnType<BaseInfo["baseSourceDeps"]>,
  ): Promise<Fingerprint[]> {
    if (known === undefined) return [];
    const { same } = await (await deps.registry()).sameBases(known.fingerprint);
    return same.map(({ fingerprint }) => fingerprint);
  }

  /** Undefined where the registry does not know it; `silent` without an answer: what was read here is shown all the same. */
  private async knownRecord(
    { fingerprint }: BaseRecord,
    deps: ReturnType<BaseInfo["baseSourceDeps"]>,
  ): Promise<BaseRecord | undefined | "silent"> {
    try {
      return await (await deps.registry()).base(fingerprint);
    } catch (error) {
      this.warn(error instanceof Error ? error.message : String(error));
      return "silent";
    }
  }
}

function describeShape(record: BaseRecord): [string, string][] {
  const { headCount, headCountKv, experts } = record;
  return [
    ["architecture", record.architecture],
    ["blocks", `${record.trunkBlocks} of ${count(record.embeddingLength, "feature")}`],
    ["heads", `${headCount.join(" ")} for queries, ${headCountKv.join(" ")} for keys and values`],
    [
      "vocabulary",
      `${record.vocabularySize}${record.tiedEmbedding ? ", the output is tied to the embedding" : ""}`,
    ],
    ...(experts === undefined ? [] : [["experts", String(experts)] as [string, string]]),
  ];
}
