// SPDX-License-Identifier: Apache-2.0
/** From what lora.json asks to a lockfile: the resolver's answer, in the form that is kept. */
import type { IndexVersion, PackageIndex } from "../documents/index.ts";
import { type PackageName, type ScopeName, scopeOf } from "../names.ts";
import type { LockedPackage, Lockfile, Requested } from "../project/index.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { type Resolution, resolve } from "../resolver/index.ts";
import type { ReleaseTrust } from "../trust/index.ts";
import type { Version } from "../versions.ts";
import type { Model } from "./model.ts";

export interface Plan {
  lockfile: Lockfile;
  resolution: Resolution;
}

/** @throws LoraError NO_SOLUTION, BASE_MISMATCH, … and whatever reading the registry throws */
export async function resolveProject(input: {
  requested: Requested;
  model: Model;
  registryFor: (scope: ScopeName) => Promise<RegistryClient>;
  /** Before an index decides about anything. */
  checkIndex?: ReleaseTrust["checkIndex"];
  /** Choices to keep as long as they can be kept. */
  locked: Lockfile | undefined;
  now: Date;
}): Promise<Plan> {
  const { requested, model, registryFor, now } = input;
  const { dependencies, optionalDependencies, overrides, limits, policy } = requested;
  const indexes = new Map<PackageName, Promise<PackageIndex | undefined>>();
  const index = (name: PackageName) => {
    const known = indexes.get(name) ?? readIndex(name);
    indexes.set(name, known);
    return known;
  };
  const readIndex = async (name: PackageName) => {
    const registry = await registryFor(scopeOf(name));
    const found = await registry.index(name);
    await input.checkIndex?.(name, found, registry);
    return found;
  };
  // A registry that knows the base knows the name that its publishers gave it; a file's own is often shared by versions.
  const baseName = await knownBaseName(input);
  const resolution = await resolve(
    {
      base: { fingerprint: model.fingerprint, name: baseName ?? model.name },
      dependencies,
      ...(optionalDependencies === undefined ? {} : { optionalDependencies }),
      ...(overrides === undefined ? {} : { overrides }),
      ...(limits === undefined ? {} : { limits }),
      policy: {
        ...(policy?.minReleaseAge === undefined ? {} : { minReleaseAge: durationMs(policy.minReleaseAge) }),
        ...(policy?.scopes === undefined ? {} : { scopes: policy.scopes as ScopeName[] }),
      },
      locked: lockedVersions(input.locked),
      now,
    },
    { index },
  );
  const origins = await originsOf(resolution, registryFor);
  const packages: Record<PackageName, LockedPackage> = {};
  for (const chosen of resolution.packages) {
    const inSolution = new Set(chosen.dependencies);
    packages[chosen.name] = {
      version: chosen.version,
      registry: origins.get(scopeOf(chosen.name)) ?? "",
      id: chosen.entry.id,
      keyId: chosen.entry.keyId,
      ...(chosen.entry.logIndex === undefined ? {} : { logIndex: chosen.entry.logIndex }),
      ...(chosen.adapter === undefined
        ? {}
        : {
            adapter: {
              file: chosen.adapter.file,
              sha256: chosen.adapter.sha256,
              sizeBytes: chosen.adapter.sizeBytes,
              rank: chosen.adapter.rank,
            },
          }),
      dependencies: rangesOf(chosen.entry, inSolution),
    };
  }
  // Not the name of this machine's file: everybody's lockfile is to be the same.
  const lockedBaseName = resolution.packages.find(({ adapter }) => adapter !== undefined)?.adapter?.base.name;
  const scales = new Map(resolution.packages.map(({ name, scale }) => [name, scale]));
  const lockfile: Lockfile = {
    lockfileVersion: 1,
    base: {
      fingerprint: model.fingerprint,
      ...(lockedBaseName === undefined ? {} : { name: lockedBaseName }),
    },
    requested,
    packages,
    stack: resolution.stack.map((name) => ({ name, scale: scales.get(name) ?? 1 })),
  };
  return { lockfile, resolution };
}

/** A base's names are those that publishers gave it: the registry of the first dependency is asked. */
async function knownBaseName({
  requested,
  model,
  registryFor,
}: Parameters<typeof resolveProject>[0]): Promise<string | undefined> {
  const [name] = Object.keys({ ...requested.dependencies, ...requested.optionalDependencies });
  if (name === undefined) return undefined;
  const registry = await registryFor(scopeOf(name as PackageName));
  return (await registry.base(model.fingerprint))?.names[0];
}

/** What the registry of each scope calls itself: it is signed into every release. */
async function originsOf(
  resolution: Resolution,
  registryFor: (scope: ScopeName) => Promise<RegistryClient>,
): Promise<Map<ScopeName, string>> {
  const scopes = new Set(resolution.packages.map(({ name }) => scopeOf(name)));
  return new Map(
    await Promise.all(
      [...scopes].map(async (scope) => [scope, (await (await registryFor(scope)).info()).origin] as const),
    ),
  );
}

function lockedVersions(lockfile: Lockfile | undefined): Record<PackageName, Version> {
  const versions = Object.entries(lockfile?.packages ?? {}).map(([name, { version }]) => [name, version]);
  return Object.fromEntries(versions) as Record<PackageName, Version>;
}

function rangesOf(entry: IndexVersion, inSolution: ReadonlySet<PackageName>): Record<PackageName, string> {
  const asked = Object.entries({ ...entry.optionalDependencies, ...entry.dependencies });
  const kept = asked
    .filter(([name]) => inSolution.has(name as PackageName))
    .map(([name, { range }]) => [name, range]);
  return Object.fromEntries(kept) as Record<PackageName, string>;
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `72h` in milliseconds. The manifest's schema has checked the form. */
function durationMs(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_MS[text.at(-1) as keyof typeof UNIT_MS];
}
