// SPDX-License-Identifier: Apache-2.0
import { VISIBILITIES } from "@lora/client/documents";
import { parsePackageName, parseScopeName, scopeOf } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class VisibilityCommand extends LoraCommand {
  static override summary =
    "Say who sees a package, or the packages of a scope: everybody, or those with a role.";
  static override description =
    "Of a private package strangers do not even see that it exists; only the public log has its name and versions. What " +
    "was public may have been copied already.";
  static override examples = [
    "<%= config.bin %> visibility @acme/sql private",
    {
      description: "Every package that does not say so itself",
      command: "<%= config.bin %> visibility @acme private",
    },
    { description: "Leave it to the scope again", command: "<%= config.bin %> visibility @acme/sql inherit" },
  ];
  static override args = {
    target: Args.string({ description: "@SCOPE/NAME or @SCOPE", required: true }),
    visibility: Args.string({
      description: "who is to see it; inherit is for packages",
      options: [...VISIBILITIES, "inherit"],
      required: true,
    }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(VisibilityCommand);
    const isPackage = args.target.includes("/");
    const target = isPackage ? parsePackageName(args.target) : parseScopeName(args.target);
    const scope = isPackage ? scopeOf(parsePackageName(args.target)) : parseScopeName(args.target);
    const wanted = args.visibility === "inherit" ? null : (args.visibility as (typeof VISIBILITIES)[number]);
    const visibility = await (await this.accounts(flags, scope)).setVisibility(target, wanted);
    this.log(`${target} is ${visibility}`);
    return { name: target, visibility };
  }
}
