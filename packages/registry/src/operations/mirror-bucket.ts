// SPDX-License-Identifier: Apache-2.0
/**
 * A mirror in a bucket of any S3: `s3://bucket/prefix/index/@demo/upper.json`, with the types and the `Cache-Control` that
 * the registry itself sends, for whatever serves the bucket.
 *
 * What is there is listed once, at the beginning. A file whose ETag is the MD5 of its bytes is left as it is; where a bucket's
 * encryption makes other ETags, small files are written anew each time. Each file is replaced on the condition that it is
 * still the one that was listed, so that of two exports at once one gives up, and an older one cannot set the mirror back.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { LoraError } from "@lora/client/errors";
import { corruptError } from "../blobs/errors.ts";
import { createS3Client, orMissing } from "../blobs/s3-client.ts";
import { replaceObject } from "../blobs/s3-replace.ts";
import { listObjects, sweepUnfinished } from "../blobs/s3-sweep.ts";
import { IMMUTABLE } from "../http/document.ts";
import { type BucketTarget, formatTarget } from "./bucket-target.ts";
import {
  assertMirrorOf,
  blobPath,
  type Mirror,
  type MirrorCounts,
  type MirroredFile,
  originOfMirror,
  PRUNED,
} from "./mirror.ts";

interface FoundObject {
  sizeBytes: number;
  /** With its quotes. */
  etag: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * @param info of the registry, as `/registry.json` says it
 * @param copyFrom the bucket of the registry's own blobs, where the same server has it for the same credentials
 * @throws LoraError USAGE, PERMISSION_DENIED, SERVICE_UNAVAILABLE; later DATA_LOCKED and STORE_CORRUPT too
 */
export async function openMirrorBucket(
  target: BucketTarget,
  info: MirroredFile,
  copyFrom: string | undefined,
): Promise<Mirror> {
  const { bucket, prefix } = target;
  const place = formatTarget(target);
  const client = createS3Client(target.endpoint, target);
  const root = prefix === "" ? "" : `${prefix}/`;
  const keyOf = (path: string) => `${root}${path.slice(1)}`;
  const said = <Result>(request: () => Promise<Result>) => inWords(target, request);

  const found = await said(() => listFound(client, bucket, root));
  if (found.size > 0) {
    const name = keyOf("/registry.json");
    const before = found.has(name) ? await said(() => readObject(client, bucket, name)) : undefined;
    assertMirrorOf(originOfMirror(info.bytes), before, place, "name a bucket or a prefix where nothing is");
  }
  const counts: MirrorCounts = { written: 0, kept: 0, removed: 0 };
  const current = new Set<string>();

  const mirror: Mirror = {
    counts,
    async write(path, { bytes, type, cacheControl }) {
      const key = keyOf(path);
      current.add(key);
      const before = found.get(key);
      if (before?.etag === `"${createHash("md5").update(bytes).digest("hex")}"`) {
        counts.kept += 1;
        return;
      }
      const put = { Bucket: bucket, Key: key, Body: bytes, ContentType: type, CacheControl: cacheControl };
      if (!(await said(() => replaceObject(client, put, before?.etag)))) {
        throw new LoraError("DATA_LOCKED", `another export has just written to ${place}`, {
          hint: "wait till it has ended, and repeat this one",
        });
      }
      counts.written += 1;
    },

    async writeBlob({ sha256, sizeBytes }, open) {
      const key = keyOf(blobPath(sha256));
      if (current.has(key)) return;
      current.add(key);
      if (found.get(key)?.sizeBytes === sizeBytes) {
        counts.kept += 1;
        return;
      }
      const put = {
        Bucket: bucket,
        Key: key,
        ContentType: "application/octet-stream",
        CacheControl: `${IMMUTABLE}, no-transform`,
      };
      if (copyFrom === undefined) {
        const body = Readable.from(await open());
        await said(() => new Upload({ client, params: { ...put, Body: body } }).done());
      } else {
        const source = { CopySource: `${copyFrom}/sha256/${sha256}`, MetadataDirective: "REPLACE" as const };
        // Not read here: a copy is hashed by every client that installs from it.
        const copied = await said(() => orMissing(client.send(new CopyObjectCommand({ ...put, ...source }))));
        if (copied === undefined) throw corruptError(sha256, undefined);
      }
      counts.written += 1;
    },

    async prune() {
      const tops = PRUNED.map((top) => keyOf(`/${top}/`));
      for (const key of found.keys()) {
        if (current.has(key) || !tops.some((top) => key.startsWith(top))) continue;
        await said(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
        counts.removed += 1;
      }
      // Of exports that were killed.
      await said(() => sweepUnfinished(client, bucket, [root], new Date(Date.now() - DAY_MS), false));
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
  await mirror.write("/registry.json", info);
  return mirror;
}

async function listFound(client: S3Client, bucket: string, root: string): Promise<Map<string, FoundObject>> {
  const found = new Map<string, FoundObject>();
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await listObjects(client, bucket, root, token);
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      if (Key !== undefined) found.set(Key, { sizeBytes: Size ?? 0, etag: ETag ?? "" });
    }
    token = page.NextContinuationToken;
  }
  return found;
}

async function readObject(client: S3Client, Bucket: string, Key: string): Promise<Uint8Array | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToByteArray();
}

/** Errors of the mirror's S3, and of the way to it, as the operator can act upon them. */
async function inWords<Result>(target: BucketTarget, request: () => Promise<Result>): Promise<Result> {
  try {
    return await request();
  } catch (cause) {
    if (cause instanceof LoraError) throw cause;
    if (cause instanceof Error && cause.name === "CredentialsProviderError") {
      throw new LoraError("PERMISSION_DENIED", `there are no credentials for ${formatTarget(target)}`, {
        hint: "set LORA_MIRROR_ACCESS_KEY_ID and LORA_MIRROR_SECRET_ACCESS_KEY",
        cause,
      });
    }
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    const where = target.endpoint ?? "Amazon";
    if (cause instanceof S3ServiceException && cause.name === "NoSuchBucket") {
      throw new LoraError("USAGE", `there is no bucket ${target.bucket} at ${where}`, {
        hint: "make it first, or name another",
        cause,
      });
    }
    if (status === 401 || status === 403) {
      throw new LoraError(
        "PERMISSION_DENIED",
        `${where} does not let these credentials do that to ${formatTarget(target)}`,
        {
          hint: "let them list, read, write and delete there: lora-registry --help names the variables",
          cause,
        },
      );
    }
    throw new LoraError("SERVICE_UNAVAILABLE", `the mirror ${formatTarget(target)} cannot be written now`, {
      cause,
    });
  }
}
