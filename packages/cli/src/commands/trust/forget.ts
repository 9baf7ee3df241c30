// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parseRegistryUrl } from "@lora/client/home";
import { forgetLog } from "@lora/client/trust";
import { Args } from "@oclif/core";
import { LoraCommand } from "../../lora-command.ts";

export default class TrustForget extends LoraCommand {
  static override summary =
    "Forget the log key of a registry, so that the next install pins what it shows then.";
  static override description =
    "For a registry that was made anew at its old address. Somebody who put another registry in its place would ask you " +
    "for just this: have its operator confirm the new key.";
  static override examples = ["<%= config.bin %> trust forget https://registry.example.org"];
  static override args = { url: Args.string({ description: "the registry's address", required: true }) };

  async run() {
    const { args } = await this.parse(TrustForget);
    const url = parseRegistryUrl(args.url);
    const forgotten = await forgetLog(this.directories().config, url);
    if (forgotten.length === 0) {
      throw new LoraError("NOT_FOUND", `no log key is pinned for ${url}`, {
        hint: "see them: lora trust ls",
      });
    }
    this.log(`Forgot the log key of ${forgotten.join(", ")}`);
    return { forgotten };
  }
}
