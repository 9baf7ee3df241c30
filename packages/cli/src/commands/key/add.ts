// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from "node:fs/promises";
import { usableKeyIds } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { findSigningKey, writeSigningKey } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey, importPublicKey, signKeyStatement } from "@lora/client/signing";
import { fileError } from "@lora/client/store";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { keyPassphrase, newPassphrase, passphraseFlag } from "../../passphrase.ts";

export default class KeyAdd extends LoraCommand {
  static override summary = "Give a scope a further signing key, vouched for by one that it has.";
  static override description =
    "Makes a key on this machine; with --public it takes a colleague's, or that of another machine. Installs accept what " +
    "the new key signs, because a key that they know has signed for it.";
  static override examples = [
    "<%= config.bin %> key add @acme",
    {
      description: "The key of another machine, which ran: lora key export @acme",
      command: "<%= config.bin %> key add @acme --public laptop.pem",
    },
  ];
  static override args = { scope: Args.string({ description: "the scope, such as @acme", required: true }) };
  static override flags = {
    public: Flags.string({ description: "file with the public key (PEM) to add", helpValue: "FILE" }),
    passphrase: Flags.boolean({ ...passphraseFlag, exclusive: ["public"] }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(KeyAdd);
    const scope = parseScopeName(args.scope);
    const { config } = this.directories();
    const registry = await this.registryFor(scope, flags);
    const [{ origin }, { keys }] = await Promise.all([registry.info(), registry.scopeKeys(scope)]);
    const voucher = await findSigningKey(config, scope, process.env, keyPassphrase, usableKeyIds(keys));
    const passphrase = flags.passphrase ? await newPassphrase() : undefined;
    const made = flags.public === undefined ? await generateSigningKey() : undefined;
    const added = made === undefined ? await importPublicKey(await readText(flags.public ?? "")) : undefined;
    const keyId = (made ?? added)?.keyId as typeof voucher.keyId;
    const pem = made?.publicPem ?? added?.pem ?? "";
    const statement = await signKeyStatement({ registry: origin, scope, keyId }, voucher.privatePem);
    // On the disk before the registry knows it, as with a scope's first key.
    const keyPath = made === undefined ? undefined : await writeSigningKey(config, scope, made, passphrase);
    const document = await registry.addScopeKey(scope, { pem, statement }).catch(async (error: unknown) => {
      const isRefusal = error instanceof LoraError && error.kind.httpStatus < 500;
      if (isRefusal && keyPath !== undefined) await rm(keyPath, { force: true });
      throw error;
    });
    this.log(`Added key ${keyId} to ${scope}, vouched for by ${voucher.keyId.slice(0, 12)}…`);
    if (keyPath !== undefined) this.log(`It is in ${keyPath}`);
    this.log(`Entry ${document.index} of the log says so`);
    return { scope, keyId, by: voucher.keyId, logIndex: document.index, keyPath };
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause) => {
    throw fileError(cause, "read", path);
  });
}
