// SPDX-License-Identifier: Apache-2.0
/** From what lora.json asks to a lockfile: the resolver's answer, in the form that is kept. */
import type { IndexVersion, PackageIndex } from "../documents/index.ts";
import type { Dependency } from "../manifest/index.ts";
import type { PackageName, PackageSpec, ScopeName } from "../names.ts";
import type { LockedPackage, Lockfile, Requested } from "../project/index.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { type Resolution, resolve } from "../resolver/index.ts";
import type { Version } from "../versions.ts";
import type { Model } from "./model.ts";

const ANY_VERSION = "*";

export interface Plan {
  lockfile: Lockfile;
  resolution: Resolution;
}

/** @throws LoraError NO_SOLUTION, BASE_MISMATCH, … and whatever reading the registry throws */
export async function resolveProject(input: {
  requested: Requested;
  model: Model;
  registry: RegistryClient;
  /** Choices to keep as long as they can be kept. */
  locked: Lockfile | undefined;
  now: Date;
}): Promise<Plan> {
  const { requested, model, registry, now } = input;
  const { dependencies, optionalDependencies, overrides, limits, policy } = requested;
  const indexes = new Map<PackageName, Promise<PackageIndex | undefined>>();
  const index = (name: PackageName) => {
    const known = indexes.get(name) ?? registry.index(name);
    indexes.set(name, known);
    return known;
  };
  // A registry that knows the base knows the name that its publishers gave it; a file's own is often shared by versions.
  const [{ origin }, known] = await Promise.all([registry.info(), registry.base(model.fingerprint)]);
  const resolution = await resolve(
    {
      base: { fingerprint: model.fingerprint, name: known?.names[0] ?? model.name },
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
  const packages: Record<PackageName, LockedPackage> = {};
  for (const chosen of resolution.packages) {
    const inSolution = new Set(chosen.dependencies);
    packages[chosen.name] = {
      version: chosen.version,
      registry: origin,
      id: chosen.entry.id,
      keyId: chosen.entry.keyId,
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
  const baseName = resolution.packages.find(({ adapter }) => adapter !== undefined)?.adapter?.base.name;
  const scales = new Map(resolution.packages.map(({ name, scale }) => [name, scale]));
  const lockfile: Lockfile = {
    lockfileVersion: 1,
    base: { fingerprint: model.fingerprint, ...(baseName === undefined ? {} : { name: baseName }) },
    requested,
    packages,
    stack: resolution.stack.map((name) => ({ name, scale: scales.get(name) ?? 1 })),
  };
  return { lockfile, resolution };
}

/**
 * What `lora install SPEC…` adds to the dependencies. A name without a range keeps the range that lora.json has; a new
 * one asks for the newest version that works here, which is saved as a caret range once it is known.
 */
export function requestSpecs(requested: Requested, specs: readonly PackageSpec[]): Requested {
  const added = specs.map(({ name, range }): [PackageName, Dependency] => {
    const present = requested.dependencies[name];
    return [name, { ...present, range: range ?? present?.range ?? ANY_VERSION }];
  });
  return { ...requested, dependencies: { ...requested.dependencies, ...Object.fromEntries(added) } };
}

/** The dependencies to write into lora.json: what was typed, and `^VERSION` where no range was. */
export function savedDependencies(
  requested: Requested,
  specs: readonly PackageSpec[],
  versions: Record<PackageName, { version: Version }>,
): Requested["dependencies"] {
  const saved = { ...requested.dependencies };
  for (const { name, range } of specs) {
    const dependency = saved[name];
    const version = versions[name]?.version;
    if (range === undefined && dependency?.range === ANY_VERSION && version !== undefined) {
      saved[name] = { ...dependency, range: `^${version}` };
    }
  }
  return saved;
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
