// SPDX-License-Identifier: Apache-2.0
/**
 * Big blobs that clients bring to S3 themselves, in parts:
 *
 *     parts/<64 hex>/<owner>      the upload of one account: its parts while S3 keeps them, then for a moment the whole
 *     uploads/<64 hex>            staged: a whole that had this digest
 *
 * What is known of an upload that is under way is what S3 lists of it, so any process goes on with it, and so does a client
 * that was killed. Nobody but the registry ends an upload, and once it has, no URL reaches those bytes any more: what was
 * hashed is what is staged. Each account has uploads of its own: another's bytes never get into them, and nobody learns
 * from them what others are uploading.
 */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { LoraError } from "@lora/client/errors";
import type { BlobClaim, PartUploads } from "./blob-store.ts";
import { digestError, missingError, partsMissingError } from "./errors.ts";
import { orMissing, reachable } from "./s3-client.ts";
import type { S3Objects } from "./s3-objects.ts";
import { unfinishedUploads } from "./s3-sweep.ts";

/**
 * A blob of this size or more comes in parts. Below, a broken connection costs less than a minute at 10 Mbit/s, and a PUT
 * is one request in place of four.
 */
export const PARTS_FROM_BYTES = 64 * 1024 ** 2;
/** S3 takes parts of 5 MiB or more, and at most 10,000 of them. */
export const PART_BYTES = 16 * 1024 ** 2;
/** Of a URL for a part. A client asks for new ones: it need not last as long as the upload. */
export const PART_URL_SECONDS = 15 * 60;
/** In place of S3's name of an upload that S3 has put together already. */
const ASSEMBLED = "assembled";

export interface PartSizes {
  partsFromBytes: number;
  partBytes: number;
  partUrlSeconds: number;
}

/**
 * @param client for the endpoint that the registry uses
 * @param publicClient for the one that clients use: the host is signed
 */
export function uploadInParts(
  { client, bucket, objects }: { client: S3Client; bucket: string; objects: S3Objects },
  publicClient: S3Client,
  { partsFromBytes, partBytes, partUrlSeconds }: PartSizes,
): PartUploads {
  /** Of this process, by key: whoever asks again waits for the same work. */
  const completing = new Map<string, Promise<void>>();
  const keyOf = ({ sha256 }: BlobClaim, owner: string) => `parts/${sha256}/${owner}`;
  /** Of such a size nothing is here that was not hashed: clients PUT smaller blobs only. */
  const stagedKey = ({ sha256 }: BlobClaim) => `uploads/${sha256}`;
  const countOf = ({ sizeBytes }: BlobClaim) => Math.ceil(sizeBytes / partBytes);
  const sizeOfPart = (claim: BlobClaim, number: number) =>
    Math.min(partBytes, claim.sizeBytes - (number - 1) * partBytes);

  return {
    async begin(claim, owner) {
      if (claim.sizeBytes < partsFromBytes) return undefined;
      const key = keyOf(claim, owner);
      if ((await objects.sizeOf(key)) === claim.sizeBytes) {
        const present = Array.from({ length: countOf(claim) }, (_, i) => i + 1);
        return { uploadId: ASSEMBLED, partBytes, present };
      }
      const uploadId = (await findUpload(key)) ?? (await createUpload(key));
      const parts = (await listParts(claim, key, uploadId)) ?? [];
      return { uploadId, partBytes, present: parts.map(({ PartNumber = 0 }) => PartNumber) };
    },

    async presign(claim, owner, uploadId, numbers) {
      const beyond = numbers.find((number) => number > countOf(claim));
      if (beyond !== undefined)
        throw new LoraError("USAGE", `${claim.sha256} has ${countOf(claim)} parts, and no part ${beyond}`);
      const sign = async (number: number) => {
        const sizeBytes = sizeOfPart(claim, number);
        const put = new UploadPartCommand({
          Bucket: bucket,
          Key: keyOf(claim, owner),
          UploadId: uploadId,
          PartNumber: number,
          ContentLength: sizeBytes,
        });
        // The length is signed, so that the URL takes this many bytes and no more.
        const url = await getSignedUrl(publicClient, put, {
          expiresIn: partUrlSeconds,
          signableHeaders: new Set(["host", "content-length"]),
        });
        return { number, url, headers: {} };
      };
      return Promise.all(numbers.map(sign));
    },

    complete(claim, owner, uploadId) {
      const key = keyOf(claim, owner);
      const underWay = completing.get(key);
      if (underWay !== undefined) return underWay;
      const work = completeUpload(claim, key, uploadId).finally(() => completing.delete(key));
      completing.set(key, work);
      return work;
    },
  };

  async function completeUpload(claim: BlobClaim, key: string, uploadId: string): Promise<void> {
    if ((await objects.sizeOf(key)) !== claim.sizeBytes) {
      const parts = await listParts(claim, key, uploadId);
      // Its end may have been asked for before, and the answer been lost.
      if (parts === undefined) return assertDone(claim);
      if (parts.length < countOf(claim)) throw partsMissingError(claim, countOf(claim) - parts.length);
      await assemble(key, uploadId, parts);
    }
    const outcome = await objects.compare(key, claim);
    // Another process was quicker.
    if (outcome === undefined) return assertDone(claim);
    if (outcome !== "same") {
      await objects.remove(key);
      throw outcome.code === "DIGEST_MISMATCH"
        ? digestError(claim.sha256, String(outcome.details?.found), "publish again: all of it is sent anew")
        : outcome;
    }
    if (!(await objects.copy(key, stagedKey(claim)))) return assertDone(claim);
    await objects.remove(key);
  }

  /** Of what is stored nothing is said: it may be another's, and private. */
  async function assertDone(claim: BlobClaim): Promise<void> {
    if ((await objects.sizeOf(stagedKey(claim))) !== claim.sizeBytes) throw missingError(claim);
  }

  /** The oldest: two clients of one account that begin at the same moment may have made two. */
  async function findUpload(key: string): Promise<string | undefined> {
    let oldest: MultipartUpload | undefined;
    await reachable(async () => {
      for await (const upload of unfinishedUploads(client, bucket, key)) {
        const isOlder = oldest === undefined || Number(upload.Initiated) < Number(oldest.Initiated);
        if (upload.Key === key && isOlder) oldest = upload;
      }
    });
    return oldest?.UploadId;
  }

  async function createUpload(key: string): Promise<string> {
    const { UploadId } = await reachable(() =>
      client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key })),
    );
    if (UploadId === undefined) throw new Error("S3 began an upload without a name");
    return UploadId;
  }

  /** The parts that S3 has whole, in their order; undefined where it knows no such upload. */
  async function listParts(claim: BlobClaim, key: string, uploadId: string): Promise<Part[] | undefined> {
    const found: Part[] = [];
    for (let marker: string | undefined, more = true; more; ) {
      const page = await reachable(() =>
        orMissing(
          client.send(
            new ListPartsCommand({
              Bucket: bucket,
              Key: key,
              UploadId: uploadId,
              ...(marker && { PartNumberMarker: marker }),
            }),
          ),
        ),
      );
      if (page === undefined) return undefined;
      found.push(...(page.Parts ?? []));
      marker = page.NextPartNumberMarker;
      more = page.IsTruncated === true && marker !== undefined;
    }
    return found.filter(
      ({ PartNumber = 0, Size }) => PartNumber <= countOf(claim) && Size === sizeOfPart(claim, PartNumber),
    );
  }

  async function assemble(key: string, uploadId: string, parts: readonly Part[]): Promise<void> {
    const named = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    // Missing where another process was quicker: the whole is then there.
    await reachable(() =>
      orMissing(
        client.send(
          new CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: uploadId,
            MultipartUpload: { Parts: named },
          }),
        ),
      ),
    );
  }
}
