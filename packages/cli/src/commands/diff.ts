// SPDX-License-Identifier: Apache-2.0
import {
  chooseAdapter,
  listReleaseAdapters,
  type OpenAdapter,
  openAdapter,
  openReleaseAdapter,
  type Release,
} from "@lora/client/adapter-file";
import { type AdapterDeltas, diffAdapters } from "@lora/client/compare";
import type { PeftBase } from "@lora/client/convert";
import type { Fingerprint } from "@lora/client/fingerprint";
import { scopeOf } from "@lora/client/names";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, type RegistryFlags, registryFlag } from "../lora-command.ts";
import { compareBases, formatDiff } from "../output/diff-report.ts";
import { paint } from "../output/paint.ts";
import { readPeftBase } from "../peft-base.ts";
import { parseRelease } from "../version-argument.ts";

export default class Diff extends LoraCommand {
  static override summary = "Show how far two adapters are from one another, tensor by tensor.";
  static override description =
    "Each side is a GGUF file, a directory or safetensors file that PEFT saved, or a release such as @demo/upper@1.0.0. " +
    "Compared is what they add to the base (alpha / rank · B · A), so that another rank or alpha is no difference where " +
    "the effect is the same. Relative: 0 is equal, 1.41 unrelated, 2 opposite. Exits with 0 either way.";
  static override examples = [
    "<%= config.bin %> diff old.gguf new.gguf",
    "<%= config.bin %> diff @demo/upper@1.0.0 @demo/upper@1.1.0",
    {
      description: "What PEFT saved, with the GGUF file that was made of it",
      command: "<%= config.bin %> diff my-adapter my-adapter.gguf --base llama-3.1-8b.gguf",
    },
  ];
  static override args = {
    first: Args.string({ description: "FILE, DIR or @scope/name@VERSION", required: true }),
    second: Args.string({ description: "FILE, DIR or @scope/name@VERSION", required: true }),
  };
  static override flags = {
    base: Flags.string({
      description:
        "the base that both were made for: converts what PEFT saved, and chooses among a release's adapters",
      helpValue: "FILE|DIR|URL|NAME",
    }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Diff);
    const base =
      flags.base === undefined ? undefined : await readPeftBase(flags.base, this.baseSourceDeps(flags));
    const wanted = await this.wantedBase(args, flags, base);
    await using first = await this.open(args.first, flags, base, wanted);
    await using second = await this.open(args.second, flags, base, wanted);
    const bases = compareBases(first, second);
    if (bases === "different")
      this.logToStderr(
        `${paint("yellow", "warning")}: the adapters are for different bases; how far they are apart says nothing`,
      );
    const diff = await diffAdapters(first.deltas, second.deltas);
    this.log(formatDiff(first, second, diff));
    return { first: facts(first), second: facts(second), bases, ...diff };
  }

  /** For releases with several adapters: that of `--base`, else the only base that both releases are for. */
  private async wantedBase(
    args: { first: string; second: string },
    flags: RegistryFlags,
    base: PeftBase | undefined,
  ): Promise<Fingerprint | undefined> {
    if (base !== undefined) return "record" in base ? base.record.fingerprint : undefined;
    if (!isRelease(args.first) || !isRelease(args.second)) return undefined;
    const [ones, twos] = await Promise.all(
      [args.first, args.second].map(async (text) => {
        const release = parseRelease(text);
        const registry = await this.registryFor(scopeOf(release.name), flags);
        return new Set((await listReleaseAdapters(registry, release)).map((a) => a.base.fingerprint));
      }),
    );
    const common = [...(ones ?? [])].filter((fingerprint) => twos?.has(fingerprint));
    return common.length === 1 ? common[0] : undefined;
  }

  private async open(
    text: string,
    flags: RegistryFlags,
    base: PeftBase | undefined,
    wanted: Fingerprint | undefined,
  ): Promise<OpenAdapter> {
    if (!isRelease(text)) return openAdapter(text, base);
    const release: Release = parseRelease(text);
    const registry = await this.registryFor(scopeOf(release.name), flags);
    const adapter = chooseAdapter(await listReleaseAdapters(registry, release), release, wanted);
    return openReleaseAdapter({ store: await this.openStore(), registry }, release, adapter);
  }
}

/** A file whose name begins so is named by its path: ./@demo */
function isRelease(text: string): boolean {
  return text.startsWith("@");
}

function facts({ name, base, deltas }: OpenAdapter) {
  const { architecture, rank, alpha, targets }: AdapterDeltas = deltas;
  return { name, base, architecture, rank, alpha, targets };
}
