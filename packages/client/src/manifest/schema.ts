// SPDX-License-Identifier: Apache-2.0
/**
 * lora.json, one file name for both sides as package.json is: a package has `adapters` (or none, then it is a bundle),
 * a project has `model`. Unknown top-level keys are refused unless they begin with `x-`.
 *
 *     {"name":"@acme/sql","version":"1.2.0","license":"Apache-2.0",
 *      "adapters":[{"file":"r16.gguf","format":"gguf","rank":16,"alpha":32,"targets":["attn_q"],
 *                   "base":{"name":"llama-3.1-8b","fingerprint":"lfp1:…"}}],
 *      "dependencies":{"@acme/json":"^1.0.0","@acme/tone":{"version":"^2","scale":0.5}}}
 */
import { z } from "zod";
import type { FileName, PackageName, ScopeName } from "../names.ts";
import { isFileName, isPackageName, isScopeName } from "../names.ts";
import { isVersion, isVersionRange, type Version } from "../versions.ts";

export const MAX_ADAPTERS = 64;
export const MAX_DEPENDENCIES = 256;
export const MAX_EXAMPLES = 32;
/** Above it no runtime gives text that is still language; negative scales subtract an ability and are legal. */
export const MAX_SCALE = 100;
export const MAX_RANK = 4096;

const DIST_TAG = /^[a-z][a-z0-9-]{0,39}$/;
/** A name for a version, such as `latest` or `beta`: never something that parses as a range. */
export function isDistTag(text: string): boolean {
  return DIST_TAG.test(text) && !isVersionRange(text);
}

/** A string that a grammar of names.ts or versions.ts accepted; a plain string in the JSON Schema. */
const checked = <Type extends string>(isValid: (text: string) => boolean, message: string) =>
  z.string().refine(isValid, message) as unknown as z.ZodType<Type, string>;

const packageName = checked<PackageName>(isPackageName, "is not a package name such as @demo/upper");
const scopeName = checked<ScopeName>(isScopeName, "is not a scope name such as @demo");
const version = checked<Version>(isVersion, "is not a version such as 1.2.0");
const fileName = checked<FileName>(isFileName, "is not a plain file name");
const requirement = z
  .string()
  .refine(
    (v) => isVersionRange(v) || isDistTag(v),
    "is neither a version range such as ^1.2.0 nor a dist-tag",
  );
const fingerprint = z.string().regex(/^lfp1:[0-9a-f]{64}$/, "is not a fingerprint (lfp1: and 64 hex digits)");
const scale = z.number().min(-MAX_SCALE).max(MAX_SCALE);
const tensorKind = z.string().regex(/^[a-z][a-z0-9_.]{0,62}$/, "is not a tensor name such as attn_q");
const duration = z.string().regex(/^\d+(s|m|h|d)$/, "is not a duration such as 72h");
const url = z.url({ protocol: /^https?$/ }).max(300);
/** One line for people, without control characters or bidi overrides: it is printed to terminals. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, "has control characters");

const record = <Value extends z.ZodType>(value: Value) =>
  z
    .record(packageName, value)
    .refine((v) => Object.keys(v).length <= MAX_DEPENDENCIES, `has more than ${MAX_DEPENDENCIES} entries`);

const dependency = z
  .union([requirement, z.strictObject({ version: requirement, scale: scale.optional() })])
  .transform(
    (v): Dependency =>
      typeof v === "string"
        ? { range: v }
        : { range: v.version, ...(v.scale === undefined ? {} : { scale: v.scale }) },
  );

/** What a package or project asks of another. */
export interface Dependency {
  /** A semver range or a dist-tag. */
  range: string;
  /** Strength of the dependency in the stack; undefined leaves it to the package's own `scale`. */
  scale?: number | undefined;
}

const example = z.strictObject({
  prompt: z.string().max(4096),
  expect: z.strictObject({
    equals: z.string().max(4096).optional(),
    contains: z.string().max(4096).optional(),
  }),
  maxTokens: z.int().min(1).max(4096).optional(),
  stop: z.array(z.string().min(1).max(64)).max(4).optional(),
});

/** An adapter as an author may leave it: what `lora pack` can find out is optional. */
const draftAdapter = z.strictObject({
  file: fileName,
  format: z.literal("gguf").default("gguf"),
  base: z.strictObject({ name: line(100).optional(), fingerprint: fingerprint.optional() }).optional(),
  rank: z.int().min(1).max(MAX_RANK).optional(),
  alpha: z.number().positive().optional(),
  targets: z.array(tensorKind).min(1).max(64).optional(),
});

const releaseAdapter = z.strictObject({
  file: fileName,
  format: z.literal("gguf"),
  base: z.strictObject({ name: line(100), fingerprint }),
  rank: z.int().min(1).max(MAX_RANK),
  alpha: z.number().positive(),
  targets: z.array(tensorKind).min(1).max(64),
});

const packageShape = {
  $schema: z.string().max(300).optional(),
  name: packageName,
  version,
  description: line(500).optional(),
  license: line(100).optional(),
  keywords: z.array(line(40)).max(20).optional(),
  homepage: url.optional(),
  repository: url.optional(),
  readme: fileName.optional(),
  scale: scale.optional(),
  dependencies: record(dependency).optional(),
  optionalDependencies: record(dependency).optional(),
  conflicts: record(requirement).optional(),
  examples: z.array(example).max(MAX_EXAMPLES).optional(),
};

/** Refuses keys that are neither in the shape nor extensions (`x-…`). */
function withExtensions<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(shape, key) || key.startsWith("x-")) continue;
      context.addIssue({
        code: "custom",
        path: [key],
        message: "is not a key of lora.json (extensions begin with x-)",
      });
    }
  });
}

export const packageDraftSchema = withExtensions({
  ...packageShape,
  adapters: z.array(draftAdapter).max(MAX_ADAPTERS).optional(),
});

export const releaseManifestSchema = withExtensions({
  ...packageShape,
  registry: line(300),
  adapters: z.array(releaseAdapter).max(MAX_ADAPTERS).optional(),
});

export const projectManifestSchema = withExtensions({
  $schema: z.string().max(300).optional(),
  model: z.string().min(1).max(4096),
  dependencies: record(dependency).optional(),
  optionalDependencies: record(dependency).optional(),
  overrides: record(requirement).optional(),
  limits: z
    .strictObject({
      maxRank: z.int().min(1).optional(),
      maxAdapters: z.int().min(1).optional(),
      maxRankSum: z.int().min(1).optional(),
      maxBytes: z.int().min(1).optional(),
    })
    .optional(),
  policy: z
    .strictObject({
      minReleaseAge: duration.optional(),
      scopes: z.array(scopeName).optional(),
    })
    .optional(),
  runtime: z
    .strictObject({
      kind: z.enum(["llama-server", "embedded"]).optional(),
      args: z.array(z.string()).optional(),
    })
    .optional(),
});

export type PackageDraft = z.output<typeof packageDraftSchema>;
export type ReleaseManifest = z.output<typeof releaseManifestSchema>;
export type ReleaseAdapter = z.output<typeof releaseAdapter>;
export type ProjectManifest = z.output<typeof projectManifestSchema>;
