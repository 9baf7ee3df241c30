// SPDX-License-Identifier: Apache-2.0
/**
 * `/index/@scope/name.json`: all versions of a package, just what a resolver needs.
 *
 *     {"v":1,"name":"@demo/upper","distTags":{"latest":"1.0.0"},
 *      "versions":{"1.0.0":{"id":"<64 hex>","keyId":"<64 hex>","publishedAt":"2026-11-01T10:00:00.000Z",
 *        "logIndex":2,"adapters":[{"file":"upper.gguf","sha256":"<64 hex>","sizeBytes":72480,"rank":8,
 *                     "base":{"name":"tiny-say v1","fingerprint":"lfp1:…"},"targets":["attn_q"]}],
 *        "dependencies":{"@demo/a":{"range":"^1"}}}}}
 *
 * Controlled by the registry: everything in it that matters is checked again against what the author signed.
 * Unknown keys are ignored, so that a newer registry can add some.
 */
import { z } from "zod";
import type { Sha256 } from "../digest.ts";
import type { Fingerprint } from "../fingerprint/index.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { Dependency } from "../manifest/index.ts";
import type { FileName, PackageName } from "../names.ts";
import type { Version } from "../versions.ts";
import {
  dependencySchema,
  distTagSchema,
  fileNameSchema,
  fingerprintSchema,
  isoTimeSchema,
  lineSchema,
  packageNameSchema,
  rangeSchema,
  receiptSchema,
  scaleSchema,
  sha256Schema,
  versionSchema,
} from "./fields.ts";
import { MAX_NOTE_LENGTH } from "./package-admin-api.ts";

const adapterSchema = z.object({
  file: fileNameSchema,
  sha256: sha256Schema,
  sizeBytes: z.int().min(1),
  rank: z.int().min(1),
  base: z.object({ name: lineSchema(100), fingerprint: fingerprintSchema }),
  targets: z.array(lineSchema(63)).max(64),
});

const versionEntrySchema = z.object({
  /** Release id: sha256 of the signed payload. */
  id: sha256Schema,
  keyId: sha256Schema,
  publishedAt: isoTimeSchema,
  /** Of the log entry that the version's receipt is for. */
  logIndex: z.int().min(0).optional(),
  /** Empty for a bundle. */
  adapters: z.array(adapterSchema).max(64),
  scale: scaleSchema.optional(),
  dependencies: z.record(packageNameSchema, dependencySchema).default({}),
  optionalDependencies: z.record(packageNameSchema, dependencySchema).default({}),
  conflicts: z.record(packageNameSchema, rangeSchema).default({}),
  /** The reason, where the version was yanked. */
  yanked: lineSchema(MAX_NOTE_LENGTH).optional(),
  /** The message, where the version is deprecated. */
  deprecated: lineSchema(MAX_NOTE_LENGTH).optional(),
});

export const packageIndexSchema = z.object({
  v: z.literal(1),
  name: packageNameSchema,
  distTags: z.record(distTagSchema, versionSchema),
  versions: z.record(versionSchema, versionEntrySchema),
  /** Versions that the registry took down, each with the proof that its log says so. */
  takenDown: z
    .record(
      versionSchema,
      z.object({
        index: z.int().min(0),
        receipt: receiptSchema,
        reason: lineSchema(MAX_NOTE_LENGTH).optional(),
      }),
    )
    .optional(),
});

export interface IndexAdapter {
  file: FileName;
  sha256: Sha256;
  sizeBytes: number;
  rank: number;
  base: { name: string; fingerprint: Fingerprint };
  targets: string[];
}
export interface IndexVersion {
  id: Sha256;
  keyId: Sha256;
  publishedAt: string;
  logIndex?: number | undefined;
  adapters: IndexAdapter[];
  scale?: number | undefined;
  dependencies: Record<PackageName, Dependency>;
  optionalDependencies: Record<PackageName, Dependency>;
  conflicts: Record<PackageName, string>;
  yanked?: string | undefined;
  deprecated?: string | undefined;
}
/** The registry's word, which counts only with the receipt. */
export interface Takedown {
  index: number;
  receipt: string;
  reason?: string | undefined;
}
export interface PackageIndex {
  v: 1;
  name: PackageName;
  distTags: Record<string, Version>;
  versions: Record<Version, IndexVersion>;
  takenDown?: Record<Version, Takedown> | undefined;
}

/** @throws LoraError REGISTRY_PROTOCOL */
export function parsePackageIndex(text: string | Uint8Array, source: string): PackageIndex {
  return parseWith(packageIndexSchema, parseStrictJson(text, source), {
    code: "REGISTRY_PROTOCOL",
    source,
  }) as PackageIndex;
}
