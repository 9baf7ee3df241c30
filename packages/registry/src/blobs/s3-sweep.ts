// SPDX-License-Identifier: Apache-2.0
/** What uploads leave behind in a bucket that nobody finished or published. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type MultipartUpload,
  type S3Client,
} from "@aws-sdk/client-s3";

/** A page of the objects under a prefix. */
export function listObjects(client: S3Client, bucket: string, prefix: string, token: string | undefined) {
  return client.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) }),
  );
}

/** Removes objects under the prefixes that are older. Returns how many. */
export async function sweepObjects(
  client: S3Client,
  bucket: string,
  prefixes: readonly string[],
  before: Date,
  isDryRun: boolean,
): Promise<number> {
  let swept = 0;
  for (const prefix of prefixes) {
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const page = await listObjects(client, bucket, prefix, token);
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key === undefined || LastModified === undefined || LastModified >= before) continue;
        if (!isDryRun) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
        swept += 1;
      }
      token = page.NextContinuationToken;
    }
  }
  return swept;
}

/** Ends uploads in parts that began earlier: their parts are stored, and paid for, but no object. Returns how many. */
export async function sweepUnfinished(
  client: S3Client,
  bucket: string,
  prefixes: readonly string[],
  before: Date,
  isDryRun: boolean,
): Promise<number> {
  let swept = 0;
  for (const prefix of prefixes) {
    for await (const { Key, UploadId, Initiated } of unfinishedUploads(client, bucket, prefix)) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined || Initiated >= before)
        continue;
      if (!isDryRun) await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      swept += 1;
    }
  }
  return swept;
}

/** Uploads in parts that were begun under the prefix and neither completed nor aborted. */
export async function* unfinishedUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<MultipartUpload> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from !== undefined) {
    const page: Awaited<ReturnType<typeof list>> = await list(from);
    yield* page.Uploads ?? [];
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    from =
      IsTruncated && NextKeyMarker !== undefined && NextUploadIdMarker !== undefined
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : undefined;
  }

  function list(markers: object) {
    return client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...markers }));
  }
}
