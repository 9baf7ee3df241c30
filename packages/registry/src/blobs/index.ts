// SPDX-License-Identifier: Apache-2.0
// Not the stores themselves: who opens one loads the one that it needs.
export type {
  BegunUpload,
  BlobClaim,
  BlobStore,
  DirectPart,
  DirectUpload,
  Memo,
  PartUploads,
  StoredBlob,
  VerifiedBlob,
} from "./blob-store.ts";
export type { S3Options } from "./s3-blob-store.ts";
export type { S3Access } from "./s3-client.ts";
