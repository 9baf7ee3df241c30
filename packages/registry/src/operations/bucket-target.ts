// SPDX-License-Identifier: Apache-2.0
import type { S3Access } from "../blobs/index.ts";

/** A mirror's place in an S3. */
export interface BucketTarget extends S3Access {
  bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  /** Of a server that is not Amazon's. */
  endpoint?: string | undefined;
}

export function formatTarget({ bucket, prefix }: BucketTarget): string {
  return `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`;
}
