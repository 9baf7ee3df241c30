// SPDX-License-Identifier: Apache-2.0
/** Big blobs that clients bring to a real S3 in parts. */
import { createHash, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import type { Sha256 } from "@lora/client/digest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BlobClaim, type BlobStore, openS3BlobStore } from "../../packages/registry/dist/index.js";
import { removeBucket } from "../support/s3-bucket.ts";
import { serviceUrl } from "../support/services.ts";

const MiB = 1024 * 1024;
/** S3 takes no smaller part, but for the last. */
const PART_BYTES = 5 * MiB;
const endpoint = serviceUrl("S3_ENDPOINT") ?? "";
const bucket = `lora-parts-${randomUUID()}`;
const partSizes = { partsFromBytes: 8 * MiB, partBytes: PART_BYTES, partUrlSeconds: 60 };

/** Two whole parts and a bit, unlike those of any other call. */
function bigBytes(): Buffer {
  const bytes = Buffer.alloc(2 * PART_BYTES + 1000, randomUUID());
  return bytes;
}
const claimOf = (bytes: Uint8Array): BlobClaim => ({
  sha256: createHash("sha256").update(bytes).digest("hex") as Sha256,
  sizeBytes: bytes.length,
});
const partOf = (bytes: Buffer, number: number) =>
  bytes.subarray((number - 1) * PART_BYTES, number * PART_BYTES);

let store: BlobStore;
let parts: NonNullable<BlobStore["parts"]>;

async function putPart(claim: BlobClaim, owner: string, uploadId: string, number: number, bytes: Uint8Array) {
  const [target] = await parts.presign(claim, owner, uploadId, [number]);
  const put = await fetch(target?.url ?? "", { method: "PUT", body: new Uint8Array(bytes) });
  return put.status;
}

async function begin(claim: BlobClaim, owner: string) {
  const begun = await parts.begin(claim, owner);
  if (begun === undefined) throw new Error("no upload in parts was begun");
  return begun;
}

/** What a client does. */
async function bring(bytes: Buffer, owner = "alice"): Promise<BlobClaim> {
  const claim = claimOf(bytes);
  const { uploadId, present } = await begin(claim, owner);
  for (const number of [1, 2, 3].filter((each) => !present.includes(each)))
    expect(await putPart(claim, owner, uploadId, number, partOf(bytes, number))).toBe(200);
  await parts.complete(claim, owner, uploadId);
  return claim;
}

function openSdk() {
  const require = createRequire(new URL("../../packages/registry/package.json", import.meta.url));
  const sdk = require("@aws-sdk/client-s3");
  return { sdk, client: new sdk.S3Client({ endpoint, forcePathStyle: true }) };
}

/** All keys in the bucket that have to do with the blob, and the uploads that are under way. */
async function tracesOf({ sha256 }: BlobClaim): Promise<string[]> {
  const { sdk, client } = openSdk();
  const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket }));
  const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket }));
  return [...Contents, ...Uploads]
    .map(({ Key }: { Key: string }) => Key)
    .filter((key) => key.includes(sha256));
}

describe.skipIf(endpoint === "")("an upload in parts", () => {
  beforeAll(async () => {
    store = await openS3BlobStore({ bucket, endpoint, partSizes });
    parts = store.parts as NonNullable<BlobStore["parts"]>;
  });

  afterAll(async () => {
    await store.sweep(new Date(Date.now() + 3_600_000));
    await removeBucket(bucket);
  });

  it("is staged whole, and leaves nothing else", async () => {
    const bytes = bigBytes();
    const claim = await bring(bytes);
    expect(await tracesOf(claim)).toEqual([`uploads/${claim.sha256}`]);
    await using blob = await store.verify(claim);
    await blob.promote();
    const back = Buffer.concat(await (await store.read(claim.sha256, 0, bytes.length)).toArray());
    expect(back.equals(bytes)).toBe(true);
  });

  it("is not for a blob that one PUT brings", async () => {
    expect(await parts.begin({ ...claimOf(bigBytes()), sizeBytes: 8 * MiB - 1 }, "alice")).toBeUndefined();
  });

  it("is gone on with by another process of the registry, and a part that is there is not sent again", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const first = await begin(claim, "alice");
    expect(first).toMatchObject({ partBytes: PART_BYTES, present: [] });
    await putPart(claim, "alice", first.uploadId, 2, partOf(bytes, 2));

    const other = await openS3BlobStore({ bucket, endpoint, partSizes });
    const again = await other.parts?.begin(claim, "alice");
    expect(again).toEqual({ ...first, present: [2] });
    await expect(other.parts?.complete(claim, "alice", first.uploadId)).rejects.toMatchObject({
      code: "UPLOAD_MISSING",
      details: { missing: 2 },
    });
    await bring(bytes);
    expect(await store.has(claim)).toBe(true);
  });

  it("is another for each account", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    await putPart(claim, "alice", uploadId, 1, partOf(bytes, 1));
    expect((await begin(claim, "mallory")).present).toEqual([]);
    expect(await putPart(claim, "mallory", uploadId, 1, bytes.subarray(0, PART_BYTES))).toBe(404);
    await expect(parts.complete(claim, "mallory", uploadId)).rejects.toMatchObject({
      code: "UPLOAD_MISSING",
    });
  });

  it("takes each part in its length and no other", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    expect(await putPart(claim, "alice", uploadId, 1, bytes.subarray(0, PART_BYTES - 1))).toBe(403);
    expect(await putPart(claim, "alice", uploadId, 3, bytes.subarray(0, 1001))).toBe(403);
    await expect(parts.presign(claim, "alice", uploadId, [4])).rejects.toMatchObject({ code: "USAGE" });
    expect((await begin(claim, "alice")).present).toEqual([]);
  });

  it("with a wrong byte is found out by its hash, and nothing of it stays", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    for (const number of [1, 2, 3]) {
      const part = Buffer.from(partOf(bytes, number));
      if (number === 2) part[77] = (part[77] ?? 0) ^ 1;
      await putPart(claim, "alice", uploadId, number, part);
    }
    await expect(parts.complete(claim, "alice", uploadId)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      hint: "publish again: all of it is sent anew",
    });
    expect(await tracesOf(claim)).toEqual([]);
    await bring(bytes);
    expect(await store.has(claim)).toBe(true);
  });

  it("that is completed twice, by two processes at once and once more, is one", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    for (const number of [1, 2, 3]) await putPart(claim, "alice", uploadId, number, partOf(bytes, number));
    const other = await openS3BlobStore({ bucket, endpoint, partSizes });
    await Promise.all([
      parts.complete(claim, "alice", uploadId),
      parts.complete(claim, "alice", uploadId),
      other.parts?.complete(claim, "alice", uploadId),
    ]);
    await parts.complete(claim, "alice", uploadId);
    expect(await tracesOf(claim)).toEqual([`uploads/${claim.sha256}`]);
  });

  it("whose registry died once S3 had put it together is not sent again, but hashed all the same", async () => {
    for (const isSpoilt of [false, true]) {
      const bytes = bigBytes();
      const claim = claimOf(bytes);
      const { uploadId } = await begin(claim, "alice");
      for (const number of [1, 2, 3]) {
        const part = Buffer.from(partOf(bytes, number));
        if (isSpoilt) part[0] = (part[0] ?? 0) ^ 1;
        await putPart(claim, "alice", uploadId, number, part);
      }
      const { sdk, client } = openSdk();
      const at = { Bucket: bucket, Key: `parts/${claim.sha256}/alice`, UploadId: uploadId };
      const { Parts } = await client.send(new sdk.ListPartsCommand(at));
      const named = Parts.map(({ PartNumber, ETag }: { PartNumber: number; ETag: string }) => ({
        PartNumber,
        ETag,
      }));
      await client.send(new sdk.CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: named } }));

      const again = await begin(claim, "alice");
      expect(again.present).toEqual([1, 2, 3]);
      const outcome = parts.complete(claim, "alice", again.uploadId);
      if (isSpoilt) await expect(outcome).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
      else await outcome;
      expect(await tracesOf(claim)).toEqual(isSpoilt ? [] : [`uploads/${claim.sha256}`]);
    }
  });

  it("says nothing of a blob that is stored: it may be another's", async () => {
    const bytes = bigBytes();
    const claim = await bring(bytes);
    await using blob = await store.verify(claim);
    await blob.promote();
    await expect(parts.complete(claim, "mallory", "guessed")).rejects.toMatchObject({
      code: "UPLOAD_MISSING",
    });
  });

  it("has URLs that hold for a while, and others after that", async () => {
    const short = await openS3BlobStore({ bucket, endpoint, partSizes: { ...partSizes, partUrlSeconds: 1 } });
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    const [target] = (await short.parts?.presign(claim, "alice", uploadId, [3])) ?? [];
    const put = async () =>
      (await fetch(target?.url ?? "", { method: "PUT", body: new Uint8Array(partOf(bytes, 3)) })).status;
    await expect.poll(put, { timeout: 10_000, interval: 500 }).toBe(403);
    expect(await putPart(claim, "alice", uploadId, 3, partOf(bytes, 3))).toBe(200);
  });

  it("that nobody finished is swept away, and not before its time", async () => {
    const bytes = bigBytes();
    const claim = claimOf(bytes);
    const { uploadId } = await begin(claim, "alice");
    await putPart(claim, "alice", uploadId, 1, partOf(bytes, 1));
    await store.sweep(new Date(Date.now() - 3_600_000));
    expect((await begin(claim, "alice")).present).toEqual([1]);
    expect(await store.sweep(new Date(Date.now() + 3_600_000), true)).toBeGreaterThanOrEqual(1);
    expect((await begin(claim, "alice")).present).toEqual([1]);
    await store.sweep(new Date(Date.now() + 3_600_000));
    expect(await tracesOf(claim)).toEqual([]);
    expect(await putPart(claim, "alice", uploadId, 2, partOf(bytes, 2))).toBe(404);
  });

  it("is not offered where clients are not to reach S3", async () => {
    expect((await openS3BlobStore({ bucket, endpoint, isProxied: true })).parts).toBeUndefined();
  });
});
