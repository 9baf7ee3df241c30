// SPDX-License-Identifier: Apache-2.0
/**
 * A registry in a few lines, for tests of the resolver:
 *
 *     const universe = createUniverse();
 *     universe.serve("@a/b", "1.0.0", { deps: { "@c/d": "^1.0.0" }, adapters: [on(LLAMA, 16)] });
 *     await universe.expectResolves({ deps: { "@a/b": "*" } }, { "@a/b": "1.0.0", "@c/d": "1.2.0" });
 */
import { expect } from "vitest";
import { sha256Of } from "../../packages/client/src/digest.ts";
import type { IndexAdapter, IndexVersion, PackageIndex } from "../../packages/client/src/documents/index.ts";
import type { ErrorCode } from "../../packages/client/src/errors.ts";
import { LoraError } from "../../packages/client/src/errors.ts";
import type { Fingerprint } from "../../packages/client/src/fingerprint/index.ts";
import type { Dependency } from "../../packages/client/src/manifest/index.ts";
import type { FileName, PackageName } from "../../packages/client/src/names.ts";
import { parsePackageName } from "../../packages/client/src/names.ts";
import type {
  PackageSource,
  Resolution,
  ResolveOptions,
  ResolveRequest,
} from "../../packages/client/src/resolver/index.ts";
import { resolve } from "../../packages/client/src/resolver/index.ts";
import { parseVersion, type Version } from "../../packages/client/src/versions.ts";

export interface Base {
  name: string;
  fingerprint: Fingerprint;
}

export function base(name: string, firstDigits: string): Base {
  return { name, fingerprint: `lfp1:${firstDigits.padEnd(64, "0")}` as Fingerprint };
}

/** The base of every project here. */
export const LLAMA = base("llama-3.1-8b", "4f0ac1d2e3f4");
export const QWEN = base("qwen2.5-7b", "91c2aabbccdd");
export const GEMMA = base("gemma-2-9b", "77e0010203ff");

/** When every project here is resolved, unless it says otherwise. */
export const NOW = new Date("2026-11-20T12:00:00.000Z");

export interface ServedAdapter {
  base: Base;
  rank: number;
  sizeBytes: number;
  targets: string[];
}

export function on(wanted: Base, rank = 8, sizeBytes = rank * 1000, targets = ["attn_q"]): ServedAdapter {
  return { base: wanted, rank, sizeBytes, targets };
}

type Requirements = Record<string, string | { version: string; scale: number }>;

export interface Served {
  deps?: Requirements | undefined;
  optional?: Requirements | undefined;
  conflicts?: Record<string, string> | undefined;
  /** Default: one of rank 8 for LLAMA. Empty: a bundle. */
  adapters?: readonly ServedAdapter[] | undefined;
  scale?: number | undefined;
  yanked?: string | undefined;
  deprecated?: string | undefined;
  publishedAt?: string | undefined;
  /** Dist-tags that name this version from now on; `latest` always names the last one served. */
  tags?: readonly string[] | undefined;
}

/** A project as lora.json would have it, on LLAMA. */
export interface Project {
  deps?: Requirements | undefined;
  optional?: Requirements | undefined;
  overrides?: Record<string, string> | undefined;
  limits?: ResolveRequest["limits"];
  runtime?: ResolveRequest["runtime"];
  policy?: { minReleaseAge?: number | undefined; scopes?: string[] | undefined } | undefined;
  locked?: Record<string, string> | undefined;
  now?: Date | undefined;
  base?: Base | undefined;
}

export interface ExpectedFailure {
  code?: ErrorCode;
  hint?: string | undefined;
}

export interface Universe extends PackageSource {
  readonly indexes: Map<PackageName, PackageIndex>;
  /** Names in the order in which they were asked for. */
  readonly asked: PackageName[];
  serve(name: string, version: string, served?: Served): void;
  resolve(project: Project, options?: ResolveOptions): Promise<Resolution>;
  /** @param expected every chosen version by name */
  expectResolves(project: Project, expected: Record<string, string>): Promise<Resolution>;
  /** @param explanation the exact message */
  expectFails(project: Project, explanation: string, expected?: ExpectedFailure): Promise<LoraError>;
}

export function createUniverse(): Universe {
  const indexes = new Map<PackageName, PackageIndex>();
  const asked: PackageName[] = [];
  const universe: Universe = {
    indexes,
    asked,
    index: async (name) => {
      asked.push(name);
      return indexes.get(name);
    },
    serve(nameText, versionText, served = {}) {
      const name = parsePackageName(nameText);
      const version = parseVersion(versionText);
      const index = indexes.get(name) ?? { v: 1, name, distTags: {}, versions: {} };
      index.versions[version] = indexVersion(name, version, served);
      for (const tag of ["latest", ...(served.tags ?? [])]) index.distTags[tag] = version;
      indexes.set(name, index);
    },
    resolve: (project, options) => resolve(requestOf(project), universe, options),
    async expectResolves(project, expected) {
      const resolution = await universe.resolve(project);
      expect(chosenVersions(resolution)).toEqual(expected);
      return resolution;
    },
    async expectFails(project, explanation, { code, ...hint } = {}) {
      const error = await universe.resolve(project).then(
        () => expect.fail("there is a solution"),
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof LoraError)) throw error;
      expect(error.message).toBe(explanation);
      if (code !== undefined) expect(error.code).toBe(code);
      if ("hint" in hint) expect(error.hint).toBe(hint.hint);
      return error;
    },
  };
  return universe;
}

export function chosenVersions({ packages }: Pick<Resolution, "packages">): Record<string, string> {
  return Object.fromEntries(packages.map(({ name, version }) => [name, version]));
}

export function requestOf(project: Project): ResolveRequest {
  const { policy } = project;
  return {
    base: project.base ?? LLAMA,
    dependencies: dependenciesOf(project.deps),
    optionalDependencies: dependenciesOf(project.optional),
    overrides: (project.overrides ?? {}) as Record<PackageName, string>,
    limits: project.limits,
    runtime: project.runtime,
    policy: policy as ResolveRequest["policy"],
    now: project.now ?? NOW,
    locked: (project.locked ?? {}) as Record<PackageName, Version>,
  };
}

function indexVersion(name: PackageName, version: Version, served: Served): IndexVersion {
  const adapters = served.adapters ?? [on(LLAMA)];
  return {
    id: sha256Of(`${name}@${version}`),
    keyId: sha256Of(name),
    publishedAt: served.publishedAt ?? "2026-06-01T00:00:00.000Z",
    adapters: adapters.map(
      (adapter): IndexAdapter => ({
        file: `${adapter.base.name}.r${adapter.rank}.gguf` as FileName,
        sha256: sha256Of(`${name}@${version} ${adapter.base.name} ${adapter.rank} ${adapter.sizeBytes}`),
        sizeBytes: adapter.sizeBytes,
        rank: adapter.rank,
        base: adapter.base,
        targets: adapter.targets,
      }),
    ),
    dependencies: dependenciesOf(served.deps),
    optionalDependencies: dependenciesOf(served.optional),
    conflicts: (served.conflicts ?? {}) as Record<PackageName, string>,
    ...(served.scale === undefined ? {} : { scale: served.scale }),
    ...(served.yanked === undefined ? {} : { yanked: served.yanked }),
    ...(served.deprecated === undefined ? {} : { deprecated: served.deprecated }),
  };
}

function dependenciesOf(requirements: Requirements = {}): Record<PackageName, Dependency> {
  return Object.fromEntries(
    Object.entries(requirements).map(([name, asked]) => [
      name,
      typeof asked === "string" ? { range: asked } : { range: asked.version, scale: asked.scale },
    ]),
  );
}
