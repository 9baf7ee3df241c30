// SPDX-License-Identifier: Apache-2.0

import { usableKeyIds } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseScopeName } from "@lora/client/names";
import { Args, Flags } from "@oclif/core";
import { chooseKey } from "../../key-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class KeyRevoke extends LoraCommand {
  static override summary = "Revoke a signing key: what it signs from now on counts for nothing.";
  static override description =
    "What the key signed before, by the order of the log, stays valid; --before sets an earlier entry, for a key that was " +
    "stolen a while ago. A revocation cannot be taken back; one with an earlier --before may follow.";
  static override examples = [
    "<%= config.bin %> key revoke @acme 4f2d09ab",
    {
      description: "Nothing from log entry 1200 on was signed by its owner",
      command: "<%= config.bin %> key revoke @acme 4f2d09ab --before 1200",
    },
  ];
  static override args = {
    scope: Args.string({ description: "the scope, such as @acme", required: true }),
    key: Args.string({ description: "the key's id, or the beginning of it", required: true }),
  };
  static override flags = {
    before: Flags.integer({
      description: "the log entry from which on the key counts for nothing (default: the revocation's own)",
      min: 0,
      helpValue: "INDEX",
    }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(KeyRevoke);
    const scope = parseScopeName(args.scope);
    const registry = await this.registryFor(scope, flags);
    const { keys } = await registry.scopeKeys(scope);
    const { keyId } = chooseKey(keys, scope, args.key);
    const usable = usableKeyIds(keys);
    if (usable.length === 1 && usable[0] === keyId) {
      throw new LoraError("USAGE", `key ${keyId.slice(0, 12)} is the only one that ${scope} has left`, {
        hint: `add another first: lora key add ${scope}`,
      });
    }
    const { revoked } = await registry.revokeScopeKey(scope, keyId, flags.before);
    const before = revoked?.validBefore;
    this.log(`Revoked key ${keyId} of ${scope}`);
    if (before !== undefined) this.log(`What it signed counts only before entry ${before} of the log`);
    return { scope, keyId, validBefore: before, logIndex: revoked?.index };
  }
}
