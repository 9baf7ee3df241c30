// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { isLockedKey, listSigningKeys, readKeyFile, readSigningKey } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { importPublicKey } from "@lora/client/signing";
import { Args, Flags } from "@oclif/core";
import { chooseKey } from "../../key-argument.ts";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { keyPassphrase } from "../../passphrase.ts";

export default class KeyExport extends LoraCommand {
  static override summary = "Print a signing key as PEM: the public half, for others to check releases with.";
  static override description =
    "Takes this machine's key of the scope; one that is not here is asked of the registry. With --private prints the " +
    "private half, for the secret LORA_SIGNING_KEY of a CI system or a safe; a key that is locked with a passphrase stays so.";
  static override examples = [
    "<%= config.bin %> key export @acme > acme.pem",
    "<%= config.bin %> key export @acme 4f2d09ab > acme.pem",
  ];
  static override args = {
    scope: Args.string({ description: "the scope, such as @acme", required: true }),
    key: Args.string({ description: "the key's id, or the beginning of it" }),
  };
  static override flags = {
    private: Flags.boolean({ description: "print the private half: whoever has it can sign for the scope" }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(KeyExport);
    const scope = parseScopeName(args.scope);
    const own = (await listSigningKeys(this.directories().config)).filter((key) => key.scope === scope);
    const isHere = args.key === undefined || own.some(({ keyId }) => keyId.startsWith(args.key ?? ""));
    if (!flags.private && (own.length === 0 || !isHere)) {
      const { keys } = await (await this.registryFor(scope, flags)).scopeKeys(scope);
      const shown = args.key === undefined ? onlyOne(keys, scope) : chooseKey(keys, scope, args.key);
      const { keyId, pem } = await importPublicKey(shown.pem);
      // The id is what was asked for, and the PEM is the registry's.
      if (keyId !== shown.keyId)
        throw new LoraError("KEY_INVALID", `the key offered as ${shown.keyId.slice(0, 12)} is another key`);
      this.log(pem.trimEnd());
      return { scope, keyId, publicPem: pem };
    }
    if (own.length === 0) {
      throw new LoraError("KEY_NOT_FOUND", `this machine has no signing key for ${scope}`);
    }
    const chosen = args.key === undefined ? onlyOne(own, scope) : chooseKey(own, scope, args.key);
    const lying = flags.private ? await readKeyFile(chosen.path) : "";
    if (isLockedKey(lying)) {
      this.log(lying.trimEnd());
      return { scope, keyId: chosen.keyId, privatePem: lying };
    }
    const { keyId, publicPem, privatePem } = await readSigningKey(chosen.path, keyPassphrase);
    this.log((flags.private ? privatePem : publicPem).trimEnd());
    return { scope, keyId, publicPem, ...(flags.private ? { privatePem } : {}) };
  }
}

function onlyOne<Key>(keys: readonly Key[], scope: string): Key {
  const [key, ...others] = keys;
  if (key !== undefined && others.length === 0) return key;
  throw new LoraError("USAGE", `${scope} has ${keys.length} keys: say which one`, {
    hint: `see them: lora key ls ${scope}`,
  });
}
