// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type Fingerprint, formatFingerprint } from "../fingerprint/index.ts";
import { bareNameOf, type PackageName, scopeOf } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { verifyReleaseBundle } from "../signing/index.ts";
import type { Store } from "../store/index.ts";
import type { Version } from "../versions.ts";
import { type OpenAdapter, openGguf } from "./open-adapter.ts";

export interface Release {
  name: PackageName;
  version: Version;
}

export interface ReleaseAdapterDeps {
  store: Store;
  registry: RegistryClient;
}

/** @throws LoraError PACKAGE_NOT_FOUND, VERSION_NOT_FOUND, USAGE for a bundle, and of the registry */
export async function listReleaseAdapters(
  registry: RegistryClient,
  { name, version }: Release,
): Promise<IndexAdapter[]> {
  const index = await registry.index(name);
  if (index === undefined) throw new LoraError("PACKAGE_NOT_FOUND", `the registry has no package ${name}`);
  const entry = index.versions[version];
  if (entry === undefined)
    throw new LoraError("VERSION_NOT_FOUND", `${name} has no version ${version}`, {
      hint: `see all versions: lora info ${name}`,
    });
  if (entry.adapters.length === 0)
    throw new LoraError("USAGE", `${name} ${version} is a bundle: it has no adapter of its own`);
  return entry.adapters;
}

/**
 * The adapter of a release that is for a base, or for its only one; of several ranks the highest, as in an install.
 * @throws LoraError BASE_MISMATCH, USAGE where there are several bases to choose from
 */
export function chooseAdapter(
  adapters: readonly IndexAdapter[],
  { name, version }: Release,
  wanted: Fingerprint | undefined,
): IndexAdapter {
  const fitting = adapters.filter(({ base }) => wanted === undefined || base.fingerprint === wanted);
  const [best, ...more] = fitting.toSorted((x, y) => y.rank - x.rank);
  const bases = [
    ...new Set(adapters.map(({ base }) => `${base.name} (${formatFingerprint(base.fingerprint)}…)`)),
  ];
  if (best === undefined)
    throw new LoraError("BASE_MISMATCH", `${name} ${version} has adapters for ${bases.join(", ")} only`, {
      details: { wanted: wanted ?? null, has: adapters.map(({ base }) => base.fingerprint) },
    });
  if (more.some(({ base }) => base.fingerprint !== best.base.fingerprint))
    throw new LoraError(
      "USAGE",
      `${name} ${version} has ${fitting.length} adapters, for ${bases.join(", ")}`,
      {
        hint: "name the base: --base FILE",
      },
    );
  return best;
}

/**
 * Opens an adapter of a release, which is fetched into the store unless it is there. Its author's signature is checked,
 * and that it covers just this file.
 * @throws LoraError KEY_UNKNOWN, SIGNATURE_INVALID, BUNDLE_INVALID, RELEASE_MISMATCH, DIGEST_MISMATCH, …
 */
export async function openReleaseAdapter(
  { store, registry }: ReleaseAdapterDeps,
  { name, version }: Release,
  { file, sha256, sizeBytes, base }: IndexAdapter,
): Promise<OpenAdapter> {
  const [bundle, { keys }] = [await registry.bundle(name, version), await registry.scopeKeys(scopeOf(name))];
  const release = await verifyReleaseBundle(bundle, keys);
  const signed = release.files.find((candidate) => candidate.name === file);
  if (release.bareName !== bareNameOf(name) || signed?.sha256 !== sha256 || signed.sizeBytes !== sizeBytes)
    throw new LoraError("RELEASE_MISMATCH", `what was signed as ${name} ${version} has another ${file}`);
  const { fetched } = await store.fetchBlob(signed, (offset) => registry.openBlob(sha256, offset));
  if (!fetched) await store.verifyBlob(signed);
  return openGguf(store.blobPath(sha256), `${name}@${version}`, base);
}
