// SPDX-License-Identifier: Apache-2.0
import { packPackage } from "@lora/client/publish";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { packageFlags, readPackageRequest } from "../package-options.ts";

export default class Pack extends LoraCommand {
  static override summary = "Write what the adapter files say into lora.json, ready to publish.";
  static override description =
    "Fills in rank, alpha, targets and, with --base, which base the adapters are for. Never changes a value that is there.";
  static override examples = [
    {
      description: "A new package from a directory with adapter files",
      command: "<%= config.bin %> pack upper --name @demo/upper --base 'tiny-say v1=base.gguf'",
    },
  ];
  static override args = { dir: Args.string({ description: "the package's directory", default: "." }) };
  static override flags = { ...packageFlags, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Pack);
    const { manifestPath, draft, filled } = await packPackage(
      await readPackageRequest(args.dir, flags, this.baseSourceDeps(flags)),
    );
    this.log(`${draft.name} ${draft.version}: ${manifestPath}`);
    for (const { path, value } of filled) this.log(`  ${path} = ${JSON.stringify(value)}`);
    if (filled.length === 0) this.log("  nothing to fill in");
    return { manifest: manifestPath, name: draft.name, version: draft.version, filled };
  }
}
