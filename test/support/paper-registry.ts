// SPDX-License-Identifier: Apache-2.0
/**
 * A whole registry as plain data, made with the client's own pure code: what it says is true until a test changes it.
 * Unlike a real one it gives its keys away, can be cloned, set back and continued in two ways.
 */
import { readFile } from "node:fs/promises";
import { bytesSource } from "@lora/client/byte-source";
import { type Sha256, sha256Of } from "@lora/client/digest";
import { type BaseFingerprint, fingerprintBase } from "@lora/client/fingerprint";
import { readAdapter } from "@lora/client/gguf";
import { type PackageName, parseFileName, parsePackageName, type ScopeName } from "@lora/client/names";
import { generateSigningKey, type SigningKey, signKeyStatement, signRelease } from "@lora/client/signing";
import { formatVerifierKey } from "@lora/client/transparency";
import type { Version } from "@lora/client/versions";
import { type Act, appendAct, createPaperLog, logFilesOf, type PaperLog } from "./paper-log.ts";
import { type Ability, abilityPath, basePath } from "./tiny-say.ts";

export const ORIGIN = "https://paper.example";
const PUBLISHED_AT = "2026-11-01T10:00:00.000Z";

export interface PaperKey extends SigningKey {
  document: Record<string, unknown>;
}

export interface PaperRelease {
  id: Sha256;
  keyId: Sha256;
  bundle: string;
  blobs: Record<Sha256, Uint8Array>;
  manifest: string;
  entry: Record<string, unknown>;
  index: number;
  receipt: string;
}

export interface PaperRegistry {
  log: PaperLog;
  scopes: Record<ScopeName, PaperKey[]>;
  packages: Record<PackageName, Record<Version, PaperRelease>>;
  takenDown: Record<PackageName, Record<Version, { index: number; receipt: string }>>;
  /** POSIX seconds: what the clock says to everything that is logged, and to the checkpoint. */
  clock: number;
}

let base: Promise<BaseFingerprint> | undefined;
export function paperBase(): Promise<BaseFingerprint> {
  base ??= readFile(basePath("v1", "q8_0")).then((bytes) => fingerprintBase(bytesSource(bytes, "base.gguf")));
  return base;
}

export async function createPaperRegistry(clock = Math.floor(Date.now() / 1000)): Promise<PaperRegistry> {
  return { log: await createPaperLog("paper.example"), scopes: {}, packages: {}, takenDown: {}, clock };
}

export function logAct(registry: PaperRegistry, act: Act): Promise<number> {
  return appendAct(registry.log, act, registry.clock);
}

export async function createScope(registry: PaperRegistry, scope: ScopeName): Promise<PaperKey> {
  await logAct(registry, { t: "scope.create", scope });
  const key = await generateSigningKey();
  return listKey(registry, scope, key, { by: null }, { t: "key.add", scope, keyid: key.keyId, by: null });
}

/** @param by signs for the new key; null for the registry's own invention */
export async function addKey(
  registry: PaperRegistry,
  scope: ScopeName,
  by: SigningKey | null,
  claimed: { by?: Sha256 } = {},
): Promise<PaperKey> {
  const key = await generateSigningKey();
  const vouched = { registry: ORIGIN, scope, keyId: key.keyId };
  const voucher = claimed.by ?? by?.keyId ?? null;
  const statement = by === null ? {} : { statement: await signKeyStatement(vouched, by.privatePem) };
  return listKey(
    registry,
    scope,
    key,
    { by: voucher, ...statement },
    { t: "key.add", scope, keyid: key.keyId, by: voucher },
  );
}

export async function revokeKey(registry: PaperRegistry, scope: ScopeName, key: PaperKey): Promise<void> {
  const validBefore = registry.log.leaves.length;
  const index = await logAct(registry, { t: "key.revoke", scope, keyid: key.keyId, validBefore });
  key.document.revoked = { validBefore, index, receipt: registry.log.receipts[index] };
}

/** @param notBefore POSIX seconds */
export async function resetKey(
  registry: PaperRegistry,
  scope: ScopeName,
  notBefore: number,
): Promise<PaperKey> {
  const key = await generateSigningKey();
  const made = await listKey(
    registry,
    scope,
    key,
    { by: null },
    { t: "key.reset", scope, keyid: key.keyId, notBefore },
  );
  made.document.reset = { notBefore, index: made.document.index, receipt: made.document.receipt };
  return made;
}

async function listKey(
  registry: PaperRegistry,
  scope: ScopeName,
  key: SigningKey,
  document: Record<string, unknown>,
  act: Act,
): Promise<PaperKey> {
  const index = await logAct(registry, act);
  const receipt = registry.log.receipts[index];
  const made: PaperKey = {
    ...key,
    document: { keyId: key.keyId, pem: key.publicPem, addedAt: PUBLISHED_AT, ...document, index, receipt },
  };
  registry.scopes[scope] = [...(registry.scopes[scope] ?? []), made];
  return made;
}

/** Signs one of tiny-say's abilities as a release, and neither logs nor lists it. */
export async function signPaperRelease(
  name: PackageName,
  version: Version,
  ability: Ability,
  key: SigningKey,
  description = "",
): Promise<Omit<PaperRelease, "index" | "receipt">> {
  const bytes = await readFile(abilityPath("v1", ability));
  const { rank, alpha, targets } = await readAdapter(bytesSource(bytes, "adapter.gguf"));
  const { fingerprint } = await paperBase();
  const on = { name: "tiny-say v1", fingerprint };
  const manifest = JSON.stringify({
    name,
    version,
    registry: ORIGIN,
    ...(description === "" ? {} : { description }),
    adapters: [{ file: "adapter.gguf", format: "gguf", base: on, rank, alpha, targets }],
  });
  const files = { "adapter.gguf": new Uint8Array(bytes), "lora.json": new TextEncoder().encode(manifest) };
  const listed = Object.entries(files).map(([file, content]) => ({
    name: parseFileName(file),
    sha256: sha256Of(content),
    sizeBytes: content.length,
  }));
  const { bundle, id, keyId } = await signRelease({ name, files: listed, privatePem: key.privatePem });
  const sha256 = sha256Of(files["adapter.gguf"]);
  return {
    id,
    keyId,
    bundle,
    manifest,
    blobs: Object.fromEntries(Object.values(files).map((content) => [sha256Of(content), content])),
    entry: {
      id,
      keyId,
      publishedAt: PUBLISHED_AT,
      adapters: [{ file: "adapter.gguf", sha256, sizeBytes: bytes.length, rank, base: on, targets }],
    },
  };
}

export async function publish(
  registry: PaperRegistry,
  release: `${PackageName}@${string}` | string,
  key: SigningKey,
  { ability = "upper", description = "" }: { ability?: Ability; description?: string } = {},
): Promise<PaperRelease> {
  const at = release.lastIndexOf("@");
  const name = parsePackageName(release.slice(0, at));
  const version = release.slice(at + 1) as Version;
  const signed = await signPaperRelease(name, version, ability, key, description);
  return listRelease(registry, name, version, signed);
}

/** Logs a release and shows it, whatever it is. */
export async function listRelease(
  registry: PaperRegistry,
  name: PackageName,
  version: Version,
  signed: Omit<PaperRelease, "index" | "receipt">,
): Promise<PaperRelease> {
  const act = { t: "publish", pkg: name, version, id: signed.id, keyid: signed.keyId } as const;
  const index = await logAct(registry, act);
  const release = { ...signed, index, receipt: registry.log.receipts[index] as string };
  registry.packages[name] = { ...registry.packages[name], [version]: release };
  return release;
}

export async function takeDown(registry: PaperRegistry, name: PackageName, version: Version): Promise<void> {
  const index = await logAct(registry, { t: "takedown", pkg: name, version });
  const receipt = registry.log.receipts[index] as string;
  registry.takenDown[name] = { ...registry.takenDown[name], [version]: { index, receipt } };
  delete registry.packages[name]?.[version];
}

/** Every file that the registry serves, by path. */
export async function filesOf(registry: PaperRegistry): Promise<Map<string, Uint8Array | string>> {
  const { log, scopes, packages, clock } = registry;
  const files = await logFilesOf(log, clock);
  const put = (path: string, document: unknown) => files.set(path, JSON.stringify(document));
  const keys = { logKey: formatVerifierKey(log.logKey), clockKey: formatVerifierKey(log.clockKey) };
  put("/registry.json", { v: 1, origin: ORIGIN, ...keys });
  const { fingerprint, record } = await paperBase();
  put(`/bases/${fingerprint}.json`, record);
  for (const [scope, list] of Object.entries(scopes))
    put(`/scopes/${scope}.json`, { v: 1, scope, keys: list.map(({ document }) => document) });
  for (const [name, releases] of Object.entries(packages)) {
    const versions = Object.entries(releases).map(([version, { entry, index }]) => [
      version,
      { ...entry, logIndex: index },
    ]);
    const distTags = { latest: Object.keys(releases).at(-1) };
    const takenDown = registry.takenDown[name as PackageName];
    put(`/index/${name}.json`, { v: 1, name, distTags, versions: Object.fromEntries(versions), takenDown });
    for (const [version, release] of Object.entries(releases)) {
      files.set(`/versions/${name}/${version}/lora.json`, release.manifest);
      files.set(`/versions/${name}/${version}/signature.json`, release.bundle);
      files.set(`/versions/${name}/${version}/receipt`, release.receipt);
      for (const [sha256, bytes] of Object.entries(release.blobs))
        files.set(`/blobs/sha256/${sha256}`, bytes);
    }
  }
  return files;
}
