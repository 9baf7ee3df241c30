// SPDX-License-Identifier: Apache-2.0
import { DEFAULT_SEARCH_LIMIT, MAX_SEARCH_LIMIT } from "@lora/client/documents";
import type { Fingerprint } from "@lora/client/fingerprint";
import { readModel } from "@lora/client/install";
import { readProject } from "@lora/client/project";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag, type RegistryFlags, registryFlag } from "../lora-command.ts";
import { describeFound, suitsModel } from "../output/search-report.ts";

export default class Search extends LoraCommand {
  static override summary = "Find abilities by words, and by the model that they work with.";
  static override description =
    "Typing slips are forgiven. Without words the newest come first. In a project, what works with its model is marked; " +
    "--base finds only what works with a model. Bundles are found with any model: what is in them is chosen at the install.";
  static override examples = [
    "<%= config.bin %> search sql",
    {
      description: "Only what works with this model",
      command: "<%= config.bin %> search sql --base llama-3.1-8b.q4_k_m.gguf",
    },
    {
      description: "… and with a runtime that takes ranks up to 16",
      command: "<%= config.bin %> search --base llama-3.1-8b.q4_k_m.gguf --rank 16",
    },
  ];
  static override strict = false;
  static override usage = "search [WORDS…] [flags]";
  static override flags = {
    base: Flags.string({
      description:
        "the model that it has to work with: its GGUF file, its directory, a URL, or a name that the registry knows",
      helpValue: "FILE|DIR|URL|NAME",
    }),
    rank: Flags.integer({ description: "the highest rank that will do", min: 1 }),
    limit: Flags.integer({
      description: "show so many at most",
      default: DEFAULT_SEARCH_LIMIT,
      min: 1,
      max: MAX_SEARCH_LIMIT,
    }),
    ...projectFlag,
    ...registryFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Search);
    const words = (argv as string[]).join(" ").trim();
    const asked = flags.base === undefined ? undefined : await this.fingerprintOf(flags.base, flags);
    const model = asked ?? (await this.projectModel(flags.dir));
    const registry = await this.openRegistry(flags.registry);
    const found = await registry.search({
      q: words === "" ? undefined : words,
      base: asked,
      maxRank: flags.rank,
      limit: flags.limit,
    });
    this.log(describeFound(found, { words, model, rank: flags.rank, isFiltered: asked !== undefined }));
    return {
      ...found,
      packages: found.packages.map((each) => ({
        ...each,
        ...(model === undefined ? {} : { suitsModel: suitsModel(each, model, flags.rank) }),
      })),
    };
  }

  private async fingerprintOf(base: string, flags: RegistryFlags): Promise<Fingerprint> {
    const { readBase } = await import("@lora/client/base-source");
    return (await readBase(base, this.baseSourceDeps(flags))).record.fingerprint;
  }

  /** Undefined outside a project, or where its model cannot be read: a search does not need one. */
  private async projectModel(directory: string): Promise<Fingerprint | undefined> {
    try {
      return (await readModel((await readProject(directory)).modelPath, this.directories().cache))
        .fingerprint;
    } catch {
      return undefined;
    }
  }
}
