// SPDX-License-Identifier: Apache-2.0
/**
 * One locked package, from nothing trusted to files in the store that are what the author signed. The order is that of
 * docs/trust.md; whatever is in the store already is taken from there, and the registry is asked for the rest only.
 */
import type { Sha256 } from "../digest.ts";
import type { IndexVersion } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { assertAdapterFitsBase, readAdapter } from "../formats/gguf/index.ts";
import {
  differingFact,
  parseReleaseManifest,
  type ReleaseAdapter,
  type ReleaseManifest,
} from "../manifest/index.ts";
import { bareNameOf, type PackageName, scopeOf } from "../names.ts";
import type { LockedPackage } from "../project/index.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { parseBundle, type SignedRelease, verifyReleaseBundle } from "../signing/index.ts";
import type { Store } from "../store/index.ts";
import type { CheckedRelease, ReleaseTrust } from "../trust/index.ts";
import type { Model } from "./model.ts";

export interface VerifyDeps {
  store: Store;
  /** Called only when something is not in the store. */
  registry: () => Promise<RegistryClient>;
  /** Left out only where what an install has verified is read again. */
  trust?: Pick<ReleaseTrust, "checkRelease">;
  onBytes?: (bytes: number) => void;
}

export interface VerifiedRelease {
  name: PackageName;
  manifest: ReleaseManifest;
  /** Of its entry in the registry's log, where that was checked. */
  logIndex: number | undefined;
}

/**
 * @param entry what the index said of the version, where it was just resolved; a lockfile was written after this check
 * @throws LoraError with the code of the step that failed; nothing is then installed
 */
export async function fetchAndVerifyRelease(
  deps: VerifyDeps,
  name: PackageName,
  locked: LockedPackage,
  model: Model,
  entry: IndexVersion | undefined,
): Promise<VerifiedRelease> {
  const logged = await deps.trust?.checkRelease(name, locked).catch((error: unknown) => {
    throw aboutRelease(error, name, locked);
  });
  const release = await verifySignature(deps, name, locked, logged);
  const manifest = await readSignedManifest(deps, name, release);
  assertManifestNames(manifest, name, locked);
  if (entry !== undefined) assertIndexTold(entry, manifest, name, locked);
  if (locked.adapter !== undefined) {
    const signed = assertAdapterSigned(release, manifest, name, locked, model);
    await fetchAdapter(deps, name, locked, signed, model);
  }
  return { name, manifest, logIndex: logged?.logIndex };
}

async function verifySignature(
  deps: VerifyDeps,
  name: PackageName,
  locked: LockedPackage,
  logged: CheckedRelease | undefined,
): Promise<SignedRelease> {
  const { store } = deps;
  const present = await store.readBundle(locked.id);
  // The id is of what was signed, not of who signed it.
  const storedBundle = present && parseBundle(present).keyId === locked.keyId ? present : undefined;
  const bundle = storedBundle ?? (await (await deps.registry()).bundle(name, locked.version));
  const pem = logged?.pem ?? (await store.readKey(locked.keyId)) ?? (await fetchKey(deps, name, locked));
  const release = await verifyReleaseBundle(bundle, [{ keyId: locked.keyId, pem }]).catch(
    (error: unknown) => {
      throw aboutRelease(error, name, locked);
    },
  );
  if (release.id !== locked.id || release.bareName !== bareNameOf(name)) {
    throw new LoraError(
      "RELEASE_MISMATCH",
      `the registry's signature for ${name} ${locked.version} belongs to another release`,
      {
        details: { expected: locked.id, actual: release.id },
      },
    );
  }
  await Promise.all([
    ...(storedBundle === undefined
      ? [store.writeKey(locked.keyId, pem), store.writeBundle(locked.id, bundle)]
      : []),
    ...(logged?.pem === undefined ? [] : [store.writeReceipt(locked.id, logged.receipt)]),
  ]);
  return release;
}

async function fetchKey(deps: VerifyDeps, name: PackageName, locked: LockedPackage): Promise<string> {
  const scope = scopeOf(name);
  const { keys } = await (await deps.registry()).scopeKeys(scope);
  const key = keys.find(({ keyId }) => keyId === locked.keyId);
  if (key !== undefined) return key.pem;
  throw new LoraError(
    "KEY_UNKNOWN",
    `${name} ${locked.version} is signed by key ${locked.keyId.slice(0, 12)}, which ${scope} does not have`,
    {
      details: { keyId: locked.keyId, keys: keys.map(({ keyId }) => keyId) },
    },
  );
}

async function readSignedManifest(
  deps: VerifyDeps,
  name: PackageName,
  release: SignedRelease,
): Promise<ReleaseManifest> {
  const file = release.files.find((candidate) => candidate.name === "lora.json");
  if (file === undefined) throw new LoraError("BUNDLE_INVALID", `the release of ${name} has no lora.json`);
  try {
    await deps.store.fetchBlob(file, async (offset) => (await deps.registry()).openBlob(file.sha256, offset));
  } catch (error) {
    if (!(error instanceof LoraError) || (error.code !== "DIGEST_MISMATCH" && error.code !== "SIZE_MISMATCH"))
      throw error;
    throw new LoraError(
      "MANIFEST_TAMPERED",
      `the registry's lora.json of ${name} is not the one that was signed`,
      {
        details: error.details ?? {},
        cause: error,
      },
    );
  }
  return parseReleaseManifest(await deps.store.readBlob(file), `lora.json of ${name}`);
}

/** Without this, valid metadata of one package could be replayed as another's. */
function assertManifestNames(manifest: ReleaseManifest, name: PackageName, locked: LockedPackage): void {
  const differs = (what: string, signed: string, wanted: string) =>
    new LoraError("RELEASE_MISMATCH", `the signed lora.json says ${what} ${signed}, not ${wanted}`, {
      details: { package: name, version: locked.version, signed, wanted },
    });
  if (manifest.name !== name) throw differs("it is", manifest.name, name);
  if (manifest.version !== locked.version) throw differs("it is version", manifest.version, locked.version);
  if (manifest.registry !== locked.registry)
    throw differs("it was published to", manifest.registry, locked.registry);
  const signed = { ...manifest.optionalDependencies, ...manifest.dependencies };
  for (const [dependency, range] of Object.entries(locked.dependencies)) {
    const signedRange = signed[dependency as PackageName]?.range;
    if (signedRange !== range)
      throw differs(`it depends on ${dependency}`, signedRange ?? "(not at all)", range);
  }
  // An index that hides a dependency would install half an ability.
  for (const dependency of Object.keys(manifest.dependencies ?? {})) {
    if (!Object.hasOwn(locked.dependencies, dependency))
      throw differs("it depends on", dependency, "nothing of that name");
  }
}

/** What index and manifest both say. */
type IndexFacts = {
  [Key in "scale" | "dependencies" | "optionalDependencies" | "conflicts"]?: IndexVersion[Key] | undefined;
};

/** Everything of the index that decides about a stack: an index may leave nothing out and turn nothing up. */
function assertIndexTold(
  entry: IndexVersion,
  manifest: ReleaseManifest,
  name: PackageName,
  locked: LockedPackage,
): void {
  const facts = (said: IndexFacts) => ({
    scale: said.scale ?? null,
    dependencies: sorted(said.dependencies, ({ range, scale }) => [range, scale ?? null]),
    optionalDependencies: sorted(said.optionalDependencies, ({ range, scale }) => [range, scale ?? null]),
    conflicts: sorted(said.conflicts, (range) => range),
  });
  const index = facts(entry);
  const signed = facts(manifest);
  if (JSON.stringify(index) === JSON.stringify(signed)) return;
  throw new LoraError(
    "RELEASE_MISMATCH",
    `the index and the signed lora.json of ${name} ${locked.version} differ`,
    {
      details: { signed, index },
    },
  );
}

function sorted<Value>(
  record: Record<string, Value> | undefined,
  fact: (value: Value) => unknown,
): unknown[] {
  return Object.entries(record ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, fact(value)]);
}

function assertAdapterSigned(
  release: SignedRelease,
  manifest: ReleaseManifest,
  name: PackageName,
  locked: LockedPackage,
  model: Model,
): ReleaseAdapter {
  const { adapter } = locked;
  const signed = manifest.adapters?.find(({ file }) => file === adapter?.file);
  const file = release.files.find((candidate) => candidate.name === adapter?.file);
  const signedFacts = {
    file: file?.name,
    sha256: file?.sha256,
    sizeBytes: file?.sizeBytes,
    rank: signed?.rank,
  };
  if (
    adapter === undefined ||
    signed === undefined ||
    JSON.stringify(signedFacts) !== JSON.stringify(pickFacts(adapter))
  ) {
    throw new LoraError(
      "RELEASE_MISMATCH",
      `the index and the signed lora.json of ${name} ${locked.version} differ about ${adapter?.file}`,
      {
        details: { signed: signedFacts, index: adapter },
      },
    );
  }
  if (signed.base.fingerprint !== model.fingerprint) {
    throw new LoraError(
      "BASE_MISMATCH",
      `${signed.file} of ${name} ${locked.version} was trained on ${signed.base.name} (${signed.base.fingerprint.slice(0, 17)}…), ` +
        `your model is ${model.name} (${model.fingerprint.slice(0, 17)}…)`,
      { details: { wanted: model.fingerprint, has: signed.base.fingerprint } },
    );
  }
  return signed;
}

async function fetchAdapter(
  deps: VerifyDeps,
  name: PackageName,
  locked: LockedPackage,
  signed: ReleaseAdapter,
  model: Model,
): Promise<void> {
  const blob = locked.adapter as { sha256: Sha256; sizeBytes: number };
  const { fetched } = await deps.store.fetchBlob(
    blob,
    async (offset) => (await deps.registry()).openBlob(blob.sha256, offset),
    deps.onBytes,
  );
  // What was hashed while it came needs no second reading; what lay here may have changed since.
  if (!fetched) await deps.store.verifyBlob(blob);
  await using source = await openFileSource(deps.store.blobPath(blob.sha256));
  const adapter = await readAdapter(source);
  const differing = differingFact(signed, adapter);
  if (differing !== undefined) {
    throw new LoraError(
      "ADAPTER_MISMATCH",
      `${signed.file} of ${name} ${locked.version} is not what its lora.json says`,
      { details: { file: signed.file, ...differing } },
    );
  }
  assertAdapterFitsBase(adapter, model.record);
}

function pickFacts({ file, sha256, sizeBytes, rank }: NonNullable<LockedPackage["adapter"]>) {
  return { file, sha256, sizeBytes, rank };
}

/** The errors of signature and receipt do not know which release they speak of. */
function aboutRelease(error: unknown, name: PackageName, locked: LockedPackage): unknown {
  if (!(error instanceof LoraError)) return error;
  const about = `${name} ${locked.version}`;
  return new LoraError(
    error.code,
    error.message.includes(about) ? error.message : `${about}: ${error.message}`,
    {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.details === undefined ? {} : { details: error.details }),
      cause: error,
    },
  );
}
