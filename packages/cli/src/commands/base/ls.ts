// SPDX-License-Identifier: Apache-2.0
import type { FoundBase } from "@lora/client/documents";
import { formatFingerprint } from "@lora/client/fingerprint";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

/** Pages that are asked for; whoever looks for one base of more names it. */
const MAX_PAGES = 20;

export default class BaseLs extends LoraCommand {
  static override summary = "List the bases that the registry knows.";
  static override description =
    "Names are for people: anybody who may publish can add one, and two bases may have the same. The fingerprint says which it is.";
  static override examples = ["<%= config.bin %> base ls", "<%= config.bin %> base ls tiny-say"];
  static override args = { name: Args.string({ description: "only those of this name, in any case" }) };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(BaseLs);
    const registry = await this.openRegistry(flags.registry);
    const bases: FoundBase[] = [];
    let after: FoundBase["fingerprint"] | undefined;
    for (let page = 0; page === 0 || (after !== undefined && page < MAX_PAGES); page += 1) {
      const answer = await registry.bases({
        ...(args.name === undefined ? {} : { name: args.name }),
        ...(after === undefined ? {} : { after }),
      });
      bases.push(...answer.bases);
      after = answer.next;
    }
    bases.sort((x, y) => (x.names[0] ?? "~").localeCompare(y.names[0] ?? "~", "en"));
    if (bases.length === 0)
      this.log(`${registry.url} knows no ${args.name === undefined ? "base" : "such base"}`);
    else
      this.log(
        formatTable(
          bases.map(({ fingerprint, architecture, names }) => [
            `${formatFingerprint(fingerprint)}…`,
            architecture,
            names.join(", "),
          ]),
        ),
      );
    if (after !== undefined) this.warn("there are more: name the one that you look for");
    return { registry: registry.url, bases, complete: after === undefined };
  }
}
