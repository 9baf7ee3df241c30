// SPDX-License-Identifier: Apache-2.0
import { listSigningKeys } from "@lora/client/home";
import { parseScopeName, type ScopeName } from "@lora/client/names";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

export default class KeyLs extends LoraCommand {
  static override summary = "List signing keys: this machine's, or those that a scope has in its registry.";
  static override examples = ["<%= config.bin %> key ls", "<%= config.bin %> key ls @acme"];
  static override args = { scope: Args.string({ description: "the scope, such as @acme" }) };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(KeyLs);
    const own = await listSigningKeys(this.directories().config);
    if (args.scope === undefined) {
      const rows = own.map(({ scope, keyId, path }) => [scope, keyId, path]);
      this.log(rows.length === 0 ? "This machine has no signing keys." : formatTable(rows));
      return { keys: own };
    }
    const scope = parseScopeName(args.scope);
    const { keys } = await (await this.registryFor(scope, flags)).scopeKeys(scope);
    const isHere = (keyId: string) => own.some((key) => key.scope === scope && key.keyId === keyId);
    const listed = keys.map((key) => ({
      keyId: key.keyId,
      state: stateOf(key),
      addedAt: key.addedAt,
      by: key.by,
      logIndex: key.index,
      here: isHere(key.keyId),
    }));
    const rows = listed.map(({ keyId, state, addedAt, here }) => [
      keyId,
      state,
      addedAt.slice(0, 10),
      here ? "on this machine" : "",
    ]);
    this.log(formatTable(rows));
    return { scope: scope satisfies ScopeName, keys: listed };
  }
}

function stateOf(key: {
  revoked?: { validBefore: number } | undefined;
  reset?: { notBefore: number } | undefined;
}): string {
  if (key.revoked !== undefined) return `revoked, counts before entry ${key.revoked.validBefore}`;
  if (key.reset === undefined) return "valid";
  const from = new Date(key.reset.notBefore * 1000);
  return from > new Date() ? `by reset, valid from ${from.toISOString()}` : "valid, by reset";
}
