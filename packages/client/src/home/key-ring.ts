// SPDX-License-Identifier: Apache-2.0
/**
 * Signing keys of this user, a file a key: `keys/@scope/<key id>.pem`, PKCS#8, readable by the owner alone, and locked
 * with a passphrase where the user wanted that. `LORA_SIGNING_KEY` (the PEM itself) goes before all of them, for machines
 * that must not keep a key on disk.
 */
import { chmod, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSha256, type Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { isScopeName, type ScopeName } from "../names.ts";
import { importSigningKey, type SigningKey } from "../signing/index.ts";
import { fileError, writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import { isLockedKey, lockKey, type Passphrase, unlockKey } from "./locked-key.ts";

/** @param passphrase to lock it with. @throws LoraError USAGE, PERMISSION_DENIED, IO_FAILED */
export async function writeSigningKey(
  configDirectory: string,
  scope: ScopeName,
  key: SigningKey,
  passphrase?: string,
): Promise<string> {
  const pem = passphrase === undefined ? key.privatePem : lockKey(key.privatePem, passphrase);
  const path = join(configDirectory, "keys", scope, `${key.keyId}.pem`);
  await makeDirectory(dirname(path), 0o700).catch((cause) => {
    throw fileError(cause, "write", path);
  });
  await chmod(join(configDirectory, "keys"), 0o700);
  await writeFileDurably(path, pem, 0o600);
  return path;
}

/**
 * The key to sign with: of several for a scope, the one that `acceptedKeyIds` (the scope's keys in the registry) names.
 * @param passphrase asked for where the key is locked
 * @throws LoraError KEY_NOT_FOUND, KEY_INVALID, KEY_LOCKED
 */
export async function findSigningKey(
  configDirectory: string,
  scope: ScopeName,
  env: NodeJS.ProcessEnv,
  passphrase: Passphrase,
  acceptedKeyIds?: readonly string[],
): Promise<SigningKey> {
  if (env.LORA_SIGNING_KEY) {
    return importSigningKey(await opened(env.LORA_SIGNING_KEY, "LORA_SIGNING_KEY", passphrase));
  }
  const directory = join(configDirectory, "keys", scope);
  const names = await readdir(directory).catch(() => []);
  const usable = names.filter(
    (name) => acceptedKeyIds === undefined || acceptedKeyIds.includes(name.replace(/\.pem$/, "")),
  );
  const [name] = usable.filter((file) => file.endsWith(".pem")).sort();
  if (name === undefined) {
    const others =
      names.length > 0 ? ` that the registry accepts (${names.length} other in ${directory})` : "";
    throw new LoraError("KEY_NOT_FOUND", `this machine has no signing key for ${scope}${others}`, {
      hint:
        acceptedKeyIds === undefined || acceptedKeyIds.length === 0
          ? `create the scope and its first key: lora scope create ${scope}`
          : `copy ${acceptedKeyIds[0]}.pem into ${directory} from the machine that created the scope`,
      details: { directory, acceptedKeyIds },
    });
  }
  return readSigningKey(join(directory, name), passphrase);
}

/** @throws LoraError KEY_INVALID, KEY_LOCKED, FILE_NOT_FOUND, PERMISSION_DENIED */
export async function readSigningKey(path: string, passphrase: Passphrase): Promise<SigningKey> {
  return importSigningKey(await opened(await readKeyFile(path), path, passphrase));
}

/** The PEM as it lies there, locked or not. @throws LoraError FILE_NOT_FOUND, PERMISSION_DENIED */
export async function readKeyFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause) => {
    throw fileError(cause, "read", path);
  });
}

async function opened(pem: string, what: string, passphrase: Passphrase): Promise<string> {
  return isLockedKey(pem) ? unlockKey(pem, await passphrase(what), what) : pem;
}

/** Of all scopes, in order of their names; by file names alone, nothing is read. */
export async function listSigningKeys(
  configDirectory: string,
): Promise<{ scope: ScopeName; keyId: Sha256; path: string }[]> {
  const root = join(configDirectory, "keys");
  const keys: { scope: ScopeName; keyId: Sha256; path: string }[] = [];
  const scopes: string[] = await readdir(root).catch(() => []);
  for (const scope of scopes.filter(isScopeName).sort()) {
    for (const name of (await readdir(join(root, scope)).catch(() => [])).sort()) {
      const keyId = name.replace(/\.pem$/, "");
      if (isSha256(keyId)) keys.push({ scope, keyId, path: join(root, scope, name) });
    }
  }
  return keys;
}
