// SPDX-License-Identifier: Apache-2.0
export { createApp } from "./app.ts";
export { generateToken } from "./auth/index.ts";
export {
  type BlobClaim,
  type BlobStore,
  type DirectUpload,
  openFileBlobStore,
  openS3BlobStore,
  type S3Options,
  type VerifiedBlob,
} from "./blobs/index.ts";
export { type Database, type DatabaseConnection, openPglite, openPostgres } from "./database/index.ts";
export { DEFAULT_LIMITS, type Deps, type Limits } from "./deps.ts";
export { type RegistryOptions, type RunningRegistry, startRegistry } from "./start.ts";
