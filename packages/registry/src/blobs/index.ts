// SPDX-License-Identifier: Apache-2.0
export type { BlobClaim, BlobStore, DirectUpload, VerifiedBlob } from "./blob-store.ts";
export { openFileBlobStore } from "./file-blob-store.ts";
export { openS3BlobStore, type S3Options } from "./s3-blob-store.ts";
