// SPDX-License-Identifier: Apache-2.0
/**
 * lora-lock.json: what exactly was resolved, for which base, and who signed it. Sorted keys, two spaces, a line feed at
 * the end, nothing of this machine or hour: the same resolution writes the same bytes everywhere.
 *
 *     {
 *       "base": { "fingerprint": "lfp1:…", "name": "tiny-say v1" },
 *       "lockfileVersion": 1,
 *       "packages": {
 *         "@demo/upper": {
 *           "adapter": { "file": "upper.gguf", "rank": 8, "sha256": "…", "sizeBytes": 72480 },
 *           "dependencies": {}, "id": "…", "keyId": "…", "logIndex": 17,
 *           "registry": "http://…", "version": "1.0.0" } },
 *       "requested": { "dependencies": { "@demo/upper": { "range": "^1.0.0" } } },
 *       "stack": [ { "name": "@demo/upper", "scale": 1 } ]
 *     }
 *
 * `requested` repeats what lora.json asked for, so that one look tells whether the lockfile still answers it.
 */
import { z } from "zod";
import {
  dependencySchema,
  fileNameSchema,
  fingerprintSchema,
  lineSchema,
  packageNameSchema,
  scaleSchema,
  sha256Schema,
  versionSchema,
} from "../documents/fields.ts";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { PackageName } from "../names.ts";
import { isVersionRange, satisfies } from "../versions.ts";

export const LOCKFILE_NAME = "lora-lock.json";
const LOCKFILE_VERSION = 1;

const dependenciesSchema = z.record(packageNameSchema, dependencySchema);

const requestedSchema = z.strictObject({
  dependencies: dependenciesSchema,
  optionalDependencies: dependenciesSchema.optional(),
  overrides: z.record(packageNameSchema, z.string()).optional(),
  limits: z.record(z.string(), z.int()).optional(),
  policy: z
    .strictObject({ minReleaseAge: z.string().optional(), scopes: z.array(z.string()).optional() })
    .optional(),
});

const lockedPackageSchema = z.strictObject({
  version: versionSchema,
  registry: lineSchema(300),
  /** Release id: sha256 of the signed payload. */
  id: sha256Schema,
  keyId: sha256Schema,
  /** Of the release's entry in the registry's log. Absent in lockfiles of before there were logs. */
  logIndex: z.int().min(0).optional(),
  /** Absent for a bundle. */
  adapter: z
    .strictObject({ file: fileNameSchema, sha256: sha256Schema, sizeBytes: z.int(), rank: z.int() })
    .optional(),
  dependencies: z.record(packageNameSchema, z.string()),
});

const lockfileSchema = z.strictObject({
  lockfileVersion: z.literal(LOCKFILE_VERSION),
  base: z.strictObject({
    fingerprint: fingerprintSchema,
    /** As the publishers of the abilities call it. Absent where the stack has none. */
    name: lineSchema(100).optional(),
  }),
  requested: requestedSchema,
  packages: z.record(packageNameSchema, lockedPackageSchema),
  /** In the order of application; bundles are not in it. */
  stack: z.array(z.strictObject({ name: packageNameSchema, scale: scaleSchema })),
});

export type Requested = z.output<typeof requestedSchema>;
export type LockedPackage = z.output<typeof lockedPackageSchema>;
export type Lockfile = Omit<z.output<typeof lockfileSchema>, "packages"> & {
  packages: Record<PackageName, LockedPackage>;
};

const CONFLICT_MARKER = /^(?:<{7}|={7}|>{7}|\|{7})(?: |$)/m;

/** @throws LoraError LOCKFILE_INVALID: a broken lockfile is never silently resolved anew */
export function parseLockfile(text: string, source = LOCKFILE_NAME): Lockfile {
  const hint = "bring back the last good one with git checkout, or delete it to resolve everything anew";
  const invalid = (what: string, cause?: unknown) =>
    new LoraError("LOCKFILE_INVALID", `${source} ${what}`, { hint, cause });
  if (CONFLICT_MARKER.test(text)) throw invalid("has the conflict markers of a merge");
  let value: unknown;
  try {
    value = parseStrictJson(text, source);
  } catch (error) {
    throw new LoraError("LOCKFILE_INVALID", error instanceof Error ? error.message : source, {
      hint,
      cause: error,
    });
  }
  const lockfileVersion = (value as { lockfileVersion?: unknown } | null)?.lockfileVersion;
  if (typeof lockfileVersion === "number" && lockfileVersion > LOCKFILE_VERSION) {
    throw new LoraError(
      "LOCKFILE_INVALID",
      `${source} was written by a newer lora (lockfile version ${lockfileVersion})`,
      {
        hint: "update lora",
      },
    );
  }
  const lockfile = parseWith(lockfileSchema, value, { code: "LOCKFILE_INVALID", source, hint }) as Lockfile;
  assertConsistent(lockfile, invalid);
  return lockfile;
}

export function formatLockfile(lockfile: Lockfile): string {
  return `${JSON.stringify(sortKeys(lockfile), null, 2)}\n`;
}

/** One text for one request, whatever the order of its keys: for comparing. */
export function formatRequested(requested: Requested): string {
  return JSON.stringify(sortKeys(requested));
}

/** Whether the lockfile answers just what is asked now, on the same base. */
export function answersRequest(lockfile: Lockfile, requested: Requested, fingerprint: string): boolean {
  return (
    lockfile.base.fingerprint === fingerprint &&
    formatRequested(lockfile.requested) === formatRequested(requested)
  );
}

/** Every name that is mentioned is locked, at a version that its dependents take, and all that is locked is needed. */
function assertConsistent(lockfile: Lockfile, invalid: (what: string) => LoraError): void {
  const { packages, requested, stack } = lockfile;
  const overrides = requested.overrides ?? {};
  const needed = new Set<string>();
  const need = (name: PackageName, range: string, by: string) => {
    const locked = packages[name];
    if (locked === undefined) throw invalid(`does not have ${name}, which ${by} depends on`);
    const wanted = overrides[name] ?? range;
    if (isVersionRange(wanted) && !satisfies(locked.version, wanted)) {
      throw invalid(`has ${name} ${locked.version}, but ${by} depends on ${wanted}`);
    }
    if (needed.has(name)) return;
    needed.add(name);
    for (const [dependency, dependencyRange] of Object.entries(locked.dependencies)) {
      need(dependency as PackageName, dependencyRange, `${name} ${locked.version}`);
    }
  };
  for (const [name, { range }] of Object.entries(requested.dependencies))
    need(name as PackageName, range, "the project");
  for (const [name, { range }] of Object.entries(requested.optionalDependencies ?? {})) {
    // One that could not be had is not locked, and that is fine.
    if (packages[name as PackageName] !== undefined) need(name as PackageName, range, "the project");
  }
  for (const name of Object.keys(packages)) {
    if (!needed.has(name)) throw invalid(`has ${name}, which nothing depends on`);
  }
  const stacked = new Set(stack.map(({ name }) => name));
  const adapters = Object.entries(packages).filter(([, { adapter }]) => adapter !== undefined);
  if (
    stacked.size !== stack.length ||
    stacked.size !== adapters.length ||
    adapters.some(([name]) => !stacked.has(name as PackageName))
  ) {
    throw invalid("has a stack that is not its packages");
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
