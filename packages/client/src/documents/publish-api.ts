// SPDX-License-Identifier: Apache-2.0
/** Bodies of the write API that client and registry exchange; the registry's OpenAPI document is made from them. */
import { z } from "zod";
import { accountNameSchema, VISIBILITIES } from "./accounts-api.ts";
import {
  isoTimeSchema,
  packageNameSchema,
  receiptSchema,
  scopeNameSchema,
  sha256Schema,
  versionSchema,
} from "./fields.ts";

export const MAX_RELEASE_FILES = 200;

/** `POST /api/v1/uploads` */
export const uploadsRequestSchema = z.strictObject({
  /** What the blobs are to be a release of: said, rights and quota are looked at before anything is sent. */
  package: packageNameSchema.optional(),
  blobs: z
    .array(z.strictObject({ sha256: sha256Schema, sizeBytes: z.int().min(0) }))
    .min(1)
    .max(MAX_RELEASE_FILES),
});
/** Names an upload in parts, to the registry. */
const uploadIdSchema = z.string().min(1).max(1024);
/** Parts are numbered from 1. */
const partNumberSchema = z.int().min(1).max(10_000);
/**
 * Where to PUT each blob that the registry lacks; `url` is absolute, or relative to the registry. With `parts` the blob may
 * be brought in parts of that size, the last one shorter: the numbers in `present` are there already.
 */
export const uploadsResponseSchema = z.object({
  missing: z.array(
    z.object({
      sha256: sha256Schema,
      url: z.string(),
      headers: z.record(z.string(), z.string()).default({}),
      parts: z
        .object({
          uploadId: uploadIdSchema,
          partBytes: z.int().min(1),
          present: z.array(partNumberSchema).max(10_000),
        })
        .optional(),
    }),
  ),
});

export const MAX_PART_URLS = 100;
/** `POST /api/v1/uploads/sha256/<64 hex>/parts` */
export const partsRequestSchema = z.strictObject({
  sizeBytes: z.int().min(0),
  uploadId: uploadIdSchema,
  numbers: z.array(partNumberSchema).min(1).max(MAX_PART_URLS),
});
/** Where to PUT each part; `url` is absolute, and holds for some minutes. */
export const partsResponseSchema = z.object({
  parts: z.array(
    z.object({
      number: partNumberSchema,
      url: z.url({ protocol: /^https?$/ }),
      headers: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
/** `POST /api/v1/uploads/sha256/<64 hex>/complete` */
export const completeUploadRequestSchema = z.strictObject({
  sizeBytes: z.int().min(0),
  uploadId: uploadIdSchema,
});

/** `PUT /api/v1/packages/@scope/name/versions/1.2.0` */
export const publishRequestSchema = z.strictObject({
  /** The signature bundle, as the exact text that is to be served. */
  bundle: z.string().max(1024 * 1024),
  /** Who is to see a package that is new; missing for what its scope is. */
  visibility: z.enum(VISIBILITIES).optional(),
});
export const publishResponseSchema = z.object({
  name: packageNameSchema,
  version: versionSchema,
  id: sha256Schema,
  keyId: sha256Schema,
  publishedAt: isoTimeSchema,
  /** Of the release's entry in the registry's log. */
  logIndex: z.int().min(0),
  /** Proves that it is there; also at `/versions/@scope/name/1.2.0/receipt`. */
  receipt: receiptSchema,
});

/** `POST /api/v1/scopes` */
export const createScopeRequestSchema = z.strictObject({
  scope: scopeNameSchema,
  publicKeyPem: z.string().max(1024),
  /** Whose the scope is to be, in place of the account's. */
  organisation: accountNameSchema.optional(),
});
export const createScopeResponseSchema = z.object({ scope: scopeNameSchema, keyId: sha256Schema });

/** `GET /api/v1/whoami` */
export const whoamiResponseSchema = z.object({
  token: z.object({
    name: z.string(),
    actions: z.array(z.string()),
    /** Patterns such as `@acme/*`; missing for every package. */
    packages: z.array(z.string()).optional(),
  }),
  /** Whose the token is; missing for the registry's own. */
  account: z.object({ name: z.string() }).optional(),
});

/** Every answer with a status of 400 or more. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type UploadsRequest = z.output<typeof uploadsRequestSchema>;
export type UploadsResponse = z.output<typeof uploadsResponseSchema>;
export type MissingBlob = UploadsResponse["missing"][number];
export type PartsRequest = z.output<typeof partsRequestSchema>;
export type PartsResponse = z.output<typeof partsResponseSchema>;
export type CompleteUploadRequest = z.output<typeof completeUploadRequestSchema>;
export type PublishResponse = z.output<typeof publishResponseSchema>;
export type CreateScopeResponse = z.output<typeof createScopeResponseSchema>;
export type Whoami = z.output<typeof whoamiResponseSchema>;
