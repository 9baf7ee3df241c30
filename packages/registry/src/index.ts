// SPDX-License-Identifier: Apache-2.0
export { createApp } from "./app.ts";
export { generateToken } from "./auth/index.ts";
export { openFileBlobStore } from "./blobs/file-blob-store.ts";
export type { BlobClaim, BlobStore, DirectUpload, S3Options, VerifiedBlob } from "./blobs/index.ts";
export { openS3BlobStore } from "./blobs/s3-blob-store.ts";
export type { Database, DatabaseConnection } from "./database/index.ts";
export { openPglite } from "./database/pglite.ts";
export { openPostgres } from "./database/postgres.ts";
export { DEFAULT_LIMITS, type Deps, type Limits } from "./deps.ts";
export type { RegistryOptions } from "./options.ts";
export { type RunningRegistry, startRegistry } from "./start.ts";
