// SPDX-License-Identifier: Apache-2.0
/**
 * What an author signs: an in-toto statement as OpenSSF Model Signing v1.0 has it, over the flat list of files.
 *
 *     {"_type":"https://in-toto.io/Statement/v1",
 *      "subject":[{"name":"sql","digest":{"sha256":"<ROOT>"}}],
 *      "predicateType":"https://model_signing/signature/v1.0",
 *      "predicate":{"resources":[{"algorithm":"sha256","digest":"<hex>","name":"lora.json","size":456}],
 *                   "serialization":{"allow_symlinks":false,"hash_type":"sha256","method":"files"}}}
 *
 * ROOT is the sha256 of the raw resource digests, concatenated in code-point order of names. It leaves the names out,
 * so it identifies nothing: the release id is the sha256 of these payload bytes.
 */
import { hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { createSha256, isSha256, type Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { type FileName, isFileName } from "../names.ts";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const MAX_FILES = 200;

/** A file of a release, as signed. */
export interface ReleaseFile {
  name: FileName;
  sha256: Sha256;
  sizeBytes: number;
}

const statementSchema = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.tuple([z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })]),
  predicateType: z.literal("https://model_signing/signature/v1.0"),
  predicate: z.strictObject({
    resources: z
      .array(
        z.strictObject({
          algorithm: z.literal("sha256"),
          digest: z.string().refine(isSha256, "is not a sha256"),
          name: z.string().refine(isFileName, "is not a plain file name"),
          size: z.int().min(0),
        }),
      )
      .min(1)
      .max(MAX_FILES),
    serialization: z.strictObject({
      allow_symlinks: z.literal(false),
      hash_type: z.literal("sha256"),
      method: z.literal("files"),
    }),
  }),
});

/** @param bareName the package's name without its scope: the scope is in lora.json, whose digest is signed */
export function formatStatement(bareName: string, files: readonly ReleaseFile[]): Uint8Array<ArrayBuffer> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const statement: z.input<typeof statementSchema> = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: bareName, digest: { sha256: rootOf(sorted) } }],
    predicateType: "https://model_signing/signature/v1.0",
    predicate: {
      resources: sorted.map(({ name, sha256, sizeBytes }) => ({
        algorithm: "sha256",
        digest: sha256,
        name,
        size: sizeBytes,
      })),
      serialization: { allow_symlinks: false, hash_type: "sha256", method: "files" },
    },
  };
  return new TextEncoder().encode(JSON.stringify(statement));
}

/**
 * Call it only with bytes whose signature was verified.
 * @throws LoraError BUNDLE_INVALID
 */
export function parseStatement(payload: Uint8Array): { bareName: string; files: ReleaseFile[] } {
  const source = "the signed statement";
  const { subject, predicate } = parseWith(statementSchema, parseStrictJson(payload, source), {
    code: "BUNDLE_INVALID",
    source,
  });
  const files = predicate.resources.map(
    (resource): ReleaseFile => ({
      name: resource.name as FileName,
      sha256: resource.digest as Sha256,
      sizeBytes: resource.size,
    }),
  );
  files.forEach((file, i) => {
    const previous = files[i - 1];
    if (previous !== undefined && previous.name >= file.name) {
      throw new LoraError(
        "BUNDLE_INVALID",
        `${source} does not list its files in order, each once: ${file.name}`,
      );
    }
  });
  if (subject[0].digest.sha256 !== rootOf(files)) {
    throw new LoraError("BUNDLE_INVALID", `${source}'s digest is not that of the files it lists`);
  }
  return { bareName: subject[0].name, files };
}

function rootOf(files: readonly ReleaseFile[]): Sha256 {
  const hash = createSha256();
  for (const file of files) hash.update(hexToBytes(file.sha256));
  return hash.digest();
}
