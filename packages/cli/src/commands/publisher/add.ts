// SPDX-License-Identifier: Apache-2.0
import { parsePackageName, scopeOf } from "@lora/client/names";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { describePublishers } from "../../output/publishers-report.ts";

export default class PublisherAdd extends LoraCommand {
  static override summary = "Let a CI workflow publish a package without a stored token.";
  static override description =
    "The package need not exist yet: its first version may come from the workflow. lora publish then needs nothing but the " +
    "job's own identity, and the scope's key in LORA_SIGNING_KEY. Jobs of pull requests are refused.";
  static override examples = [
    {
      description: "gh api users/octo --jq .id says the id of octo",
      command:
        "<%= config.bin %> publisher add @acme/sql --github octo/abilities --owner-id 583231 --workflow release.yml",
    },
    "<%= config.bin %> publisher add @acme/sql --gitlab octo/abilities --owner-id 72 --workflow .gitlab-ci.yml",
  ];
  static override args = { package: Args.string({ description: "@SCOPE/NAME", required: true }) };
  static override flags = {
    github: Flags.string({
      description: "the repository, on GitHub",
      helpValue: "OWNER/REPO",
      exactlyOne: ["github", "gitlab"],
    }),
    gitlab: Flags.string({ description: "the project, on GitLab", helpValue: "GROUP/PROJECT" }),
    "owner-id": Flags.string({
      description: "number of the account or group that owns it: a name could be taken over",
      helpValue: "ID",
      required: true,
    }),
    workflow: Flags.string({ description: "the workflow's file", helpValue: "FILE", required: true }),
    environment: Flags.string({ description: "only from this environment of the repository" }),
    issuer: Flags.string({
      description: "address of the tokens' issuer, if it is your own",
      helpValue: "URL",
    }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(PublisherAdd);
    const name = parsePackageName(args.package);
    const publisher = await (await this.accounts(flags, scopeOf(name))).addPublisher(name, {
      provider: flags.github === undefined ? "gitlab" : "github",
      repository: flags.github ?? flags.gitlab ?? "",
      ownerId: flags["owner-id"],
      workflow: flags.workflow,
      ...(flags.environment === undefined ? {} : { environment: flags.environment }),
      ...(flags.issuer === undefined ? {} : { issuer: flags.issuer }),
    });
    this.log(`May publish ${name}:`);
    this.log(describePublishers([publisher]));
    return publisher;
  }
}
