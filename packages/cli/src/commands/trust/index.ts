// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { trustKey } from "@lora/client/trust";
import { Args } from "@oclif/core";
import { chooseKey } from "../../key-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class Trust extends LoraCommand {
  static override summary = "Accept a scope's key that no key you have pinned vouches for.";
  static override description =
    "An install stops where a release is signed by such a key, after a key.reset for example. Ask the scope's owners, by " +
    "another way than the registry, whether the key is theirs; then say so here.";
  static override examples = [
    "<%= config.bin %> trust @acme 4f2d09ab6c1e8a3f57d0b2c49e6a18f3d5b7c9e0a1f2d3c4b5a6978899aabbcc",
    "<%= config.bin %> trust ls",
  ];
  static override args = {
    scope: Args.string({ description: "the scope, such as @acme", required: true }),
    key: Args.string({ description: "the key's id, or the beginning of it", required: true }),
  };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Trust);
    const scope = parseScopeName(args.scope);
    const { keys } = await (await this.registryFor(scope, flags)).scopeKeys(scope);
    const { keyId } = chooseKey(keys, scope, args.key);
    const isNew = await trustKey(this.directories().config, scope, keyId);
    this.log(`${isNew ? "From now on" : "Already"} trusted for ${scope}: key ${keyId}`);
    return { scope, keyId };
  }
}
