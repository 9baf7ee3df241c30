// SPDX-License-Identifier: Apache-2.0
/**
 * `/bases/<fingerprint>/same.json`: fingerprints of the same base, saved in other precisions, as an operator declared on
 * evidence. Each comes with the proof that the declaration is in the registry's log: what is not logged counts for nothing.
 *
 *     {"v":1,"fingerprint":"lfp1:…","same":[{"fingerprint":"lfp1:…","logIndex":17,"receipt":"c2sp.org/tlog-proof@v1…"}]}
 */
import { z } from "zod";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { fingerprintSchema, receiptSchema } from "./fields.ts";

/** A base has as many as there are precisions that rounded its norms. */
export const MAX_SAME_BASES = 20;

export const sameBasesSchema = z.object({
  v: z.literal(1),
  fingerprint: fingerprintSchema,
  same: z
    .array(z.object({ fingerprint: fingerprintSchema, logIndex: z.int().min(0), receipt: receiptSchema }))
    .max(MAX_SAME_BASES),
});

export type SameBases = z.output<typeof sameBasesSchema>;

/** @throws LoraError JSON_INVALID, REGISTRY_PROTOCOL */
export function parseSameBases(text: string, source: string): SameBases {
  return parseWith(sameBasesSchema, parseStrictJson(text, source), { code: "REGISTRY_PROTOCOL", source });
}
