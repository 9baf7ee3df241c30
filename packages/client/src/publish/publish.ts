// SPDX-License-Identifier: Apache-2.0
/** Publishing: read, check, sign, upload what is missing, publish. Every step can be repeated after a crash. */
import { type KnownBase, registerBase } from "../base-source/index.ts";
import type { Sha256 } from "../digest.ts";
import { type PublishResponse, usableKeyIds, type Visibility } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type Fingerprint, formatFingerprint } from "../fingerprint/index.ts";
import { assertAdapterFitsBase } from "../formats/gguf/index.ts";
import { type PackageName, type ScopeName, scopeOf } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { type SigningKey, signRelease } from "../signing/index.ts";
import type { TrustDeps } from "../trust/index.ts";
import { type DraftAdapter, knownBaseOf, readDraftAdapters } from "./draft-adapters.ts";
import { type PackOutcome, type PackRequest, planPackage } from "./pack.ts";
import { type PreparedRelease, prepareRelease } from "./release-files.ts";
import { uploadMissing } from "./upload-missing.ts";

export interface PublishDeps {
  /** The registry of the package's scope, with a token that may publish it. */
  registryFor: (scope: ScopeName, name: PackageName) => Promise<RegistryClient>;
  /** Who is to see the package if it is new; left out, it is what its scope is. */
  visibility?: Visibility | undefined;
  /** The key to sign with, of those that the registry accepts for the scope. */
  signingKey: (scope: ScopeName, acceptedKeyIds: readonly Sha256[]) => Promise<SigningKey>;
  /** To hold the registry's receipt against its log; left out, the answer is believed. */
  trust?: TrustDeps;
  onProgress?: (progress: {
    step: "hash" | "upload" | "publish";
    doneBytes: number;
    totalBytes: number;
  }) => void;
}

export interface PublishOutcome {
  manifest: PreparedRelease["manifest"];
  files: { name: string; sha256: Sha256; sizeBytes: number }[];
  packed: PackOutcome;
  id: Sha256;
  keyId: Sha256;
  /** Address of the registry. */
  registry: string;
  /** Undefined in a dry run. */
  published: PublishResponse | undefined;
  uploadedBytes: number;
  /** Names of the bases that the registry was told of. */
  registeredBases: string[];
  /** What a person should know of the registry's log. */
  logNotes: string[];
}

/** @throws LoraError of the step that failed; the registry then shows nothing of this version */
export async function publishPackage(deps: PublishDeps, request: PackRequest): Promise<PublishOutcome> {
  // Nothing is in its place until nothing but the upload is left: a refusal changes nothing in the directory.
  await using plan = await planPackage(request);
  const { draft } = plan.outcome;
  const scope = scopeOf(draft.name);
  const registry = await deps.registryFor(scope, draft.name);
  const [{ origin }, { keys }] = await Promise.all([registry.info(), registry.scopeKeys(scope)]);
  const key = await deps.signingKey(scope, usableKeyIds(keys));
  const release = await prepareRelease(request.directory, draft, { origin, locate: plan.locate });
  const adapters = await readDraftAdapters(plan.locate, draft);
  const unknownBases = await assertBasesFit(registry, adapters, request.bases ?? []);
  const { bundle, id, keyId } = await signRelease({
    name: draft.name,
    files: release.files,
    privatePem: key.privatePem,
  });
  const outcome = {
    manifest: release.manifest,
    files: release.files.map(({ name, sha256, sizeBytes }) => ({ name, sha256, sizeBytes })),
    packed: plan.outcome,
    id,
    keyId,
    registry: registry.url,
    published: undefined,
    uploadedBytes: 0,
    registeredBases: unknownBases.map(({ name }) => name),
    logNotes: [],
  };
  if (request.dryRun) return outcome;
  await plan.commit();
  for (const base of unknownBases) await registerBase(registry, base);
  const uploadedBytes = await uploadMissing(registry, {
    name: draft.name,
    files: release.files,
    locate: plan.locate,
    onProgress: (doneBytes, totalBytes) => deps.onProgress?.({ step: "upload", doneBytes, totalBytes }),
  });
  const sizeBytes = release.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  deps.onProgress?.({ step: "publish", doneBytes: sizeBytes, totalBytes: sizeBytes });
  const published = await registry.publish(draft.name, draft.version, bundle, {
    visibility: deps.visibility,
    sizeBytes,
  });
  const { receipt, logIndex } = published;
  if (deps.trust === undefined) return { ...outcome, uploadedBytes, published };
  const logged = { name: draft.name, version: draft.version, id, keyId, receipt, logIndex };
  const { assertPublished } = await import("../trust/published-receipt.ts");
  const logNotes = await assertPublished(registry, deps.trust, logged);
  return { ...outcome, uploadedBytes, published, logNotes };
}

/**
 * Each adapter against the shapes of its base, before anything is uploaded.
 * @returns the bases at hand that the registry must be told of
 */
async function assertBasesFit(
  registry: RegistryClient,
  adapters: readonly DraftAdapter[],
  bases: readonly KnownBase[],
): Promise<KnownBase[]> {
  const unknown = new Set<KnownBase>();
  for (const { entry, adapter } of adapters) {
    const fingerprint = entry.base?.fingerprint as Fingerprint | undefined;
    if (fingerprint === undefined) continue; // prepareRelease has refused the draft
    const known = await registry.base(fingerprint);
    const own = knownBaseOf(entry, bases);
    const record = known ?? own?.record;
    if (record === undefined) {
      const name = entry.base?.name ?? "its base";
      throw new LoraError(
        "BASE_UNKNOWN",
        `the registry does not know ${name} (${formatFingerprint(fingerprint)}…), which ${entry.file} was trained on`,
        {
          hint: "tell it what the base looks like, never its weights: lora publish --base FILE",
          details: { fingerprint, file: entry.file },
        },
      );
    }
    assertAdapterFitsBase(adapter, record);
    if (known === undefined && own !== undefined) unknown.add(own);
  }
  return [...unknown];
}
