// SPDX-License-Identifier: Apache-2.0
import { DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS, TOKEN_ACTIONS } from "@lora/client/documents";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class TokenCreate extends LoraCommand {
  static override summary = "Make a token for a machine or a job, and show it once.";
  static override description =
    "It may do what its --allow says, with the rights that your account has where it is used. Without --allow it only " +
    "reads: what is private needs a token too.";
  static override examples = [
    { description: "Install private packages", command: "<%= config.bin %> token create laptop" },
    {
      description: "Publish one scope's packages from one network",
      command:
        "<%= config.bin %> token create ci --allow publish-update --package '@acme/*' --network 192.0.2.0/24 --days 7",
    },
  ];
  static override args = {
    name: Args.string({ description: "what to call it, for you alone", required: true }),
  };
  static override flags = {
    allow: Flags.option({
      description: "what it may do; may be given several times",
      options: TOKEN_ACTIONS,
      multiple: true,
      multipleNonGreedy: true,
      default: ["read" as const],
    })(),
    package: Flags.string({
      description: "only for packages like this, with * for anything; may be given several times",
      helpValue: "PATTERN",
      multiple: true,
      multipleNonGreedy: true,
    }),
    network: Flags.string({
      description: "only from addresses in this network; may be given several times",
      helpValue: "CIDR",
      multiple: true,
      multipleNonGreedy: true,
    }),
    days: Flags.integer({
      description: "how long it is good for",
      default: DEFAULT_TOKEN_DAYS,
      min: 1,
      max: MAX_TOKEN_DAYS,
    }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(TokenCreate);
    const made = await (await this.accounts(flags)).createToken({
      name: args.name,
      actions: [...new Set(flags.allow)],
      ...(flags.package === undefined ? {} : { packages: flags.package }),
      ...(flags.network === undefined ? {} : { networks: flags.network }),
      expiresInDays: flags.days,
    });
    process.stderr.write(`Token ${made.id}, until ${made.expiresAt?.slice(0, 10)}; it is not shown again:\n`);
    this.log(made.token);
    return made;
  }
}
