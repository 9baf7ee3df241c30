// SPDX-License-Identifier: Apache-2.0
import { packPackage } from "@lora/client/publish";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { packReport, printPackReport } from "../output/conversions.ts";
import { packageFlags, packageScope, readPackageRequest } from "../package-options.ts";

export default class Pack extends LoraCommand {
  static override summary = "Make a package of a directory with adapters, ready to publish.";
  static override description =
    "Writes what the adapter files say into lora.json: rank, alpha, targets and, with --base, which base they are for. " +
    "Never changes a value that is there. Adapters as PEFT saves them are converted first: DIR itself, or each directory " +
    "in it that holds one. Their base is the one of --base, or what the registry knows by the name in adapter_config.json.";
  static override examples = [
    {
      description: "A new package from a directory with adapter files",
      command: "<%= config.bin %> pack upper --name @demo/upper --base 'tiny-say v1=base.gguf'",
    },
    {
      description: "What a training run has left",
      command: "<%= config.bin %> pack outputs/sql --name @acme/sql --base llama-3.1-8b.gguf",
    },
  ];
  static override args = { dir: Args.string({ description: "the package's directory", default: "." }) };
  static override flags = { ...packageFlags, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Pack);
    const scope = await packageScope(args.dir, flags.name);
    const outcome = await packPackage(
      await readPackageRequest(args.dir, flags, this.baseSourceDeps(flags, scope)),
    );
    const { manifestPath, draft, filled } = outcome;
    const report = packReport(outcome);
    this.log(`${draft.name} ${draft.version}: ${manifestPath}`);
    printPackReport(this, report);
    for (const { path, value } of filled) this.log(`  ${path} = ${JSON.stringify(value)}`);
    if (report.wroteReadme) this.log("  wrote README.md");
    if (filled.length === 0) this.log("  nothing to fill in");
    return {
      manifest: manifestPath,
      name: draft.name,
      version: draft.version,
      filled,
      ...report,
    };
  }
}
