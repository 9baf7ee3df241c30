// SPDX-License-Identifier: Apache-2.0
/** lora.json of a package: as its author leaves it, and as it is released. */
import { z } from "zod";
import { isSha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { type FileName, isFileName } from "../names.ts";
import { isVersion, type Version } from "../versions.ts";
import {
  checked,
  dependency,
  line,
  packageName,
  record,
  requirement,
  scale,
  withExtensions,
} from "./fields.ts";

export const MAX_ADAPTERS = 64;
export const MAX_EXAMPLES = 32;
export const MAX_RANK = 4096;

const version = checked<Version>(isVersion, "is not a version such as 1.2.0");
const fileName = checked<FileName>(isFileName, "is not a plain file name");
const fingerprint = z.string().regex(/^lfp1:[0-9a-f]{64}$/, "is not a fingerprint (lfp1: and 64 hex digits)");
const tensorKind = z.string().regex(/^[a-z][a-z0-9_.]{0,62}$/, "is not a tensor name such as attn_q");
const url = z.url({ protocol: /^https?$/ }).max(300);

const example = z.strictObject({
  prompt: z.string().max(4096),
  expect: z.strictObject({
    equals: z.string().max(4096).optional(),
    contains: z.string().max(4096).optional(),
  }),
  maxTokens: z.int().min(1).max(4096).optional(),
  stop: z.array(z.string().min(1).max(64)).max(4).optional(),
});

/**
 * What an adapter file was made from. `repository` and `revision` only where it came from a hub: whose it is, and the
 * exact commit. Said by the publisher, and true as far as they are.
 */
const adapterSource = z.strictObject({
  format: z.enum(["peft", "gguf"]),
  /** Of the weights as they were saved: adapter_model.safetensors, or the GGUF file itself. */
  sha256: z.string().refine(isSha256, "is not a sha256 in hex"),
  repository: z
    .string()
    .regex(/^hf:[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/, "is not hf:OWNER/REPO")
    .optional(),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "is not a commit (40 hex digits)")
    .optional(),
});

/** An adapter as an author may leave it: what `lora pack` can find out is optional. */
const draftAdapter = z.strictObject({
  file: fileName,
  format: z.literal("gguf").default("gguf"),
  base: z.strictObject({ name: line(100).optional(), fingerprint: fingerprint.optional() }).optional(),
  rank: z.int().min(1).max(MAX_RANK).optional(),
  alpha: z.number().positive().optional(),
  targets: z.array(tensorKind).min(1).max(64).optional(),
  source: adapterSource.optional(),
});

const releaseAdapter = z.strictObject({
  file: fileName,
  format: z.literal("gguf"),
  base: z.strictObject({ name: line(100), fingerprint }),
  rank: z.int().min(1).max(MAX_RANK),
  alpha: z.number().positive(),
  targets: z.array(tensorKind).min(1).max(64),
  source: adapterSource.optional(),
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

export const packageDraftSchema = withExtensions({
  ...packageShape,
  adapters: z.array(draftAdapter).max(MAX_ADAPTERS).optional(),
});

export const releaseManifestSchema = withExtensions({
  ...packageShape,
  registry: line(300),
  adapters: z.array(releaseAdapter).max(MAX_ADAPTERS).optional(),
});

export type PackageDraft = z.output<typeof packageDraftSchema>;
export type ReleaseManifest = z.output<typeof releaseManifestSchema>;
export type ReleaseAdapter = z.output<typeof releaseAdapter>;
export type AdapterSource = z.output<typeof adapterSource>;

/** An author's lora.json before `lora pack` filled in what the files say. */
export function parsePackageDraft(text: string | Uint8Array, source = "lora.json"): PackageDraft {
  const value = parseStrictJson(text, source);
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "model")) {
    throw new LoraError("MANIFEST_INVALID", `${source} describes a project, not a package: it has a "model"`);
  }
  return parseWith(packageDraftSchema, value, { code: "MANIFEST_INVALID", source });
}

/** The lora.json of a published release. The bytes come from a registry: parse only what was verified. */
export function parseReleaseManifest(text: string | Uint8Array, source = "lora.json"): ReleaseManifest {
  return parseWith(releaseManifestSchema, parseStrictJson(text, source), {
    code: "MANIFEST_INVALID",
    source,
  });
}
