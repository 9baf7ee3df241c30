// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { parsePackageName } from "@lora/client/names";
import { packPackage } from "@lora/client/publish";
import { parseVersion } from "@lora/client/versions";
import { Args, Flags } from "@oclif/core";
import { baseFlag, readBases } from "../base-option.ts";
import { LoraCommand } from "../lora-command.ts";

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
  static override flags = {
    name: Flags.string({
      description: "name of the package, where there is no lora.json yet",
      helpValue: "@SCOPE/NAME",
    }),
    "package-version": Flags.string({
      description: "version of a new package (default: 0.1.0)",
      helpValue: "VERSION",
    }),
    ...baseFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Pack);
    const version = flags["package-version"];
    const { manifestPath, draft, filled } = await packPackage({
      directory: resolve(args.dir),
      name: flags.name === undefined ? undefined : parsePackageName(flags.name),
      version: version === undefined ? undefined : parseVersion(version),
      bases: await readBases(flags.base),
    });
    this.log(`${draft.name} ${draft.version}: ${manifestPath}`);
    for (const { path, value } of filled) this.log(`  ${path} = ${JSON.stringify(value)}`);
    if (filled.length === 0) this.log("  nothing to fill in");
    return { manifest: manifestPath, name: draft.name, version: draft.version, filled };
  }
}
