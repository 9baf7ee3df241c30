// SPDX-License-Identifier: Apache-2.0
import { rm } from "node:fs/promises";
import { LoraError } from "@lora/client/errors";
import { writeSigningKey } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey } from "@lora/client/signing";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { newPassphrase, passphraseFlag } from "../../passphrase.ts";

export default class ScopeCreate extends LoraCommand {
  static override summary = "Create a scope, with its first signing key.";
  static override description =
    "The private key stays on this machine and signs every release of the scope. Keep a copy of it in a safe place.";
  static override examples = [
    "<%= config.bin %> scope create @acme",
    {
      description: "Lock the key, so that its file alone is of no use to a thief",
      command: "<%= config.bin %> scope create @acme --passphrase",
    },
  ];
  static override args = { scope: Args.string({ description: "the scope, such as @acme", required: true }) };
  static override flags = {
    org: Flags.string({ description: "let it belong to this organisation", helpValue: "NAME" }),
    passphrase: Flags.boolean(passphraseFlag),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(ScopeCreate);
    const scope = parseScopeName(args.scope);
    const registry = await this.registryFor(scope, flags);
    const passphrase = flags.passphrase ? await newPassphrase() : undefined;
    const key = await generateSigningKey();
    // On the disk before the registry knows it: a crash between the two leaves a key too many, never a scope without one.
    const keyPath = await writeSigningKey(this.directories().config, scope, key, passphrase);
    const created = await registry
      .createScope(scope, key.publicPem, flags.org)
      .catch(async (error: unknown) => {
        // A refusal is certain; of a broken connection nobody knows on which side of it the scope was created.
        if (error instanceof LoraError && error.kind.httpStatus < 500) await rm(keyPath, { force: true });
        throw error;
      });
    this.log(`Created ${scope} on ${registry.url}`);
    this.log(`Its signing key is ${key.keyId.slice(0, 12)}…, in ${keyPath}`);
    return { ...created, keyPath };
  }
}
