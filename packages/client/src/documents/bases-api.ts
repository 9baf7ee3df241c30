// SPDX-License-Identifier: Apache-2.0
/** `GET /api/v1/bases`: the bases that a registry knows, all or those of a name. */
import { z } from "zod";
import { ARCHITECTURE, MAX_BASE_NAME_LENGTH, MAX_BASE_NAMES } from "../fingerprint/base-record.ts";
import { fingerprintSchema, lineSchema } from "./fields.ts";

export const MAX_BASES_LIMIT = 100;

/** The query string, whose values are all text. */
export const basesQuerySchema = z.strictObject({
  /** One of its names, whole, in any case. */
  name: lineSchema(MAX_BASE_NAME_LENGTH).min(1).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_BASES_LIMIT).default(MAX_BASES_LIMIT),
  /** `next` of the page before. */
  after: fingerprintSchema.optional(),
});

export const foundBaseSchema = z.object({
  fingerprint: fingerprintSchema,
  architecture: z.string().regex(ARCHITECTURE, "is not the name of an architecture"),
  /** What people call it. Anybody who may publish can add one, so a name proves nothing. */
  names: z.array(lineSchema(MAX_BASE_NAME_LENGTH)).max(MAX_BASE_NAMES),
});

export const basesResponseSchema = z.object({
  bases: z.array(foundBaseSchema).max(MAX_BASES_LIMIT),
  /** For the next page; missing on the last one. */
  next: fingerprintSchema.optional(),
});

export type BasesQuery = Partial<z.output<typeof basesQuerySchema>>;
export type FoundBase = z.output<typeof foundBaseSchema>;
export type BasesResponse = z.output<typeof basesResponseSchema>;
