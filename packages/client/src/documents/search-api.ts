// SPDX-License-Identifier: Apache-2.0
/** `GET /api/v1/search`: packages by words and by what they work with. */
import { z } from "zod";
import {
  fingerprintSchema,
  isoTimeSchema,
  lineSchema,
  packageNameSchema,
  scopeNameSchema,
  versionSchema,
} from "./fields.ts";

export const MAX_SEARCH_LENGTH = 200;
export const MAX_SEARCH_LIMIT = 50;
export const DEFAULT_SEARCH_LIMIT = 20;
export const SEARCH_ORDERS = ["relevance", "newest", "downloads"] as const;

const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** The query string, whose values are all text. */
export const searchQuerySchema = z.strictObject({
  q: lineSchema(MAX_SEARCH_LENGTH).optional(),
  base: fingerprintSchema.optional(),
  maxRank: wholeNumber(1, 1_000_000).optional(),
  architecture: lineSchema(64).optional(),
  license: lineSchema(100).optional(),
  keyword: lineSchema(40).optional(),
  scope: scopeNameSchema.optional(),
  sort: z.enum(SEARCH_ORDERS).default("relevance"),
  limit: wholeNumber(1, MAX_SEARCH_LIMIT).default(DEFAULT_SEARCH_LIMIT),
  /** `next` of the page before. */
  cursor: z.string().max(400).optional(),
});

export const foundPackageSchema = z.object({
  name: packageNameSchema,
  /** The newest that matches and is not yanked; everything below is said of this one. */
  version: versionSchema,
  description: lineSchema(500).optional(),
  license: lineSchema(100).optional(),
  keywords: z.array(lineSchema(40)),
  publishedAt: isoTimeSchema,
  /** One for each adapter, in the order of lora.json. */
  bases: z.array(
    z.object({
      name: lineSchema(100),
      fingerprint: fingerprintSchema,
      rank: z.int().min(1),
      sizeBytes: z.int().min(1),
    }),
  ),
  /** It has no adapters of its own, so no filter by base, rank or architecture was applied to it. */
  isBundle: z.boolean(),
});

export const searchResponseSchema = z.object({
  packages: z.array(foundPackageSchema).max(MAX_SEARCH_LIMIT),
  /** Of all pages; 1000 for so many or more. */
  total: z.int().min(0),
  /** For the next page; missing on the last one. */
  next: z.string().optional(),
});

/** What a client asks; what is left out does not matter to it. */
export type SearchQuery = Partial<z.output<typeof searchQuerySchema>>;
export type FoundPackage = z.output<typeof foundPackageSchema>;
export type SearchResponse = z.output<typeof searchResponseSchema>;
