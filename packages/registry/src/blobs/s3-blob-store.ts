// SPDX-License-Identifier: Apache-2.0
/**
 * Blobs in a bucket that any number of registry processes share.
 *
 *     uploads/<64 hex>        staged: clients PUT here themselves, so its bytes may change at any moment
 *     parts/<64 hex>/<owner>  uploads in parts (s3-parts.ts)
 *     candidates/<uuid>       a copy of an upload that no client can reach, while a publish verifies it
 *     sha256/<64 hex>         stored: only ever copied from a candidate that had this digest
 *     memos/<name>.json       what the log's rollback guard remembers: replaced by conditional requests
 *
 * The server's own checksums are not relied upon: there are S3 servers that accept a wrong x-amz-checksum-sha256.
 */
import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { isSha256, type Sha256 } from "@lora/client/digest";
import type { BlobStore, Memo, VerifiedBlob } from "./blob-store.ts";
import { corruptError, digestError, memoChangedError, missingError } from "./errors.ts";
import { createS3Client, orMissing, reachable } from "./s3-client.ts";
import { presignWith } from "./s3-direct.ts";
import { bucketError, hasReason } from "./s3-mistakes.ts";
import { objectsOf } from "./s3-objects.ts";
import { PART_BYTES, PART_URL_SECONDS, PARTS_FROM_BYTES, type PartSizes, uploadInParts } from "./s3-parts.ts";
import { replaceObject } from "./s3-replace.ts";
import { listObjects, sweepObjects, sweepUnfinished } from "./s3-sweep.ts";

export interface S3Options {
  bucket: string;
  /** Of a server that is not Amazon's, such as http://127.0.0.1:17480; its buckets are then addressed by path. */
  endpoint?: string;
  /** The same server as clients reach it; `endpoint` unless it has another name for them. */
  publicEndpoint?: string;
  /** Whether clients' bytes go through the registry, because they cannot reach S3. */
  isProxied?: boolean;
  /** Left out, what s3-parts.ts says. */
  partSizes?: PartSizes;
}

/** Region and credentials come from where the AWS SDK looks for them. Makes the bucket if it is missing. */
export async function openS3BlobStore(options: S3Options): Promise<BlobStore> {
  const { bucket, endpoint, publicEndpoint = endpoint, isProxied = false } = options;
  const client = createS3Client(endpoint);
  const publicClient = publicEndpoint === endpoint ? client : createS3Client(publicEndpoint);
  const direct = presignWith(publicClient, bucket);
  const objects = objectsOf(client, bucket);
  const { sizeOf, compare, open, objectSource, copy, remove } = objects;
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  const stagedKey = (sha256: Sha256) => `uploads/${sha256}`;
  const memoKey = (name: string) => `memos/${name}.json`;
  const storedKey = (sha256: Sha256) => `sha256/${sha256}`;

  try {
    await openBucket(client, bucket);
  } catch (error) {
    throw bucketError(bucket, error);
  }

  const partSizes = options.partSizes ?? {
    partsFromBytes: PARTS_FROM_BYTES,
    partBytes: PART_BYTES,
    partUrlSeconds: PART_URL_SECONDS,
  };

  return {
    readMemo,

    async writeMemo(name, text, replaces) {
      const put = { ...at(memoKey(name)), Body: text, ContentType: "application/json" };
      // A server without conditional writes: the database's lock keeps two processes apart in any case.
      const isWritten = await reachable(() => replaceObject(client, put, replaces?.tag));
      if (!isWritten) throw memoChangedError();
    },

    // Where clients are not to reach S3 themselves there is no such way.
    ...(isProxied
      ? { presignUpload: async () => undefined, presignDownload: async () => undefined, parts: undefined }
      : { ...direct, parts: uploadInParts({ client, bucket, objects }, publicClient, partSizes) }),

    async stage(sha256, body) {
      const hash = createHash("sha256");
      const checked = async function* () {
        for await (const chunk of body) {
          hash.update(chunk);
          yield chunk;
        }
        const found = hash.digest("hex");
        // Thrown before the upload is completed, so the object never appears.
        if (found !== sha256) throw digestError(sha256, found);
      };
      await reachable(() =>
        new Upload({ client, params: { ...at(stagedKey(sha256)), Body: Readable.from(checked()) } }).done(),
      );
    },

    async has({ sha256, sizeBytes }) {
      for (const key of [storedKey(sha256), stagedKey(sha256)]) {
        if ((await sizeOf(key)) === sizeBytes) return true;
      }
      return false;
    },

    isStaged: async (claim) => (await compare(stagedKey(claim.sha256), claim)) === "same",

    async verify(claim) {
      const { sha256 } = claim;
      const inPlace = await compare(storedKey(sha256), claim);
      if (inPlace === "same") {
        return {
          source: objectSource(storedKey(sha256), claim),
          promote: async () => {},
          [Symbol.asyncDispose]: async () => {},
        };
      }
      const candidate = `candidates/${randomUUID()}`;
      const copied = await copy(stagedKey(sha256), candidate);
      if (!copied) {
        if (inPlace === undefined) throw missingError(claim);
        throw inPlace.code === "SIZE_MISMATCH" ? inPlace : corruptError(sha256, inPlace);
      }
      const dispose = () => remove(candidate);
      try {
        const outcome = await compare(candidate, claim);
        if (outcome !== "same") {
          // A damaged upload would stand in the way of the next one.
          if (outcome?.code === "DIGEST_MISMATCH") await remove(stagedKey(sha256));
          throw outcome ?? missingError(claim);
        }
      } catch (error) {
        await dispose();
        throw error;
      }
      return {
        source: objectSource(candidate, claim),
        async promote() {
          await copy(candidate, storedKey(sha256));
          await remove(stagedKey(sha256));
        },
        [Symbol.asyncDispose]: dispose,
      } satisfies VerifiedBlob;
    },

    async read(sha256, start, lengthBytes) {
      const stream = await open(storedKey(sha256), start, lengthBytes);
      if (stream === undefined) throw corruptError(sha256, undefined);
      return stream;
    },

    isStored: async ({ sha256, sizeBytes }) => (await sizeOf(storedKey(sha256))) === sizeBytes,

    async *listStored() {
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const page = await reachable(() => listObjects(client, bucket, storedKey("" as Sha256), token));
        for (const { Key = "", Size, LastModified } of page.Contents ?? []) {
          const sha256 = Key.slice(storedKey("" as Sha256).length);
          if (isSha256(sha256) && Size !== undefined && LastModified !== undefined)
            yield { sha256, sizeBytes: Size, writtenAt: LastModified };
        }
        token = page.NextContinuationToken;
      }
    },

    removeStored: (sha256) => remove(storedKey(sha256)),

    async sweep(before, isDryRun = false) {
      return reachable(async () => {
        const unfinished = await sweepUnfinished(client, bucket, ["uploads/", "parts/"], before, isDryRun);
        const staged = ["uploads/", "parts/", "candidates/"];
        return unfinished + (await sweepObjects(client, bucket, staged, before, isDryRun));
      });
    },

    async check() {
      await reachable(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
    },
  };

  async function readMemo(name: string): Promise<Memo | undefined> {
    return reachable(async () => {
      const object = await orMissing(client.send(new GetObjectCommand(at(memoKey(name)))));
      if (object?.Body === undefined) return undefined;
      return { text: await object.Body.transformToString(), tag: object.ETag ?? "" };
    });
  }
}

/** Makes it if it is missing. */
async function openBucket(client: S3Client, bucket: string): Promise<void> {
  const head = client.send(new HeadBucketCommand({ Bucket: bucket }));
  const found = await orMissing(head).catch(async (error: unknown) => {
    // What has a body in its answer says why.
    if (!hasReason(error)) await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
    throw error;
  });
  if (found === undefined) await client.send(new CreateBucketCommand({ Bucket: bucket }));
}
