// SPDX-License-Identifier: Apache-2.0
/** URLs by which clients reach S3 themselves, so that no registry process moves their bytes. */
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { LRUCache } from "lru-cache";
import type { BlobStore } from "./blob-store.ts";

const UPLOAD_URL_SECONDS = 3600;
/** As long as half of it is left, a URL is given out again: signing takes longer than all else of such an answer. */
const MAX_KEPT_URLS = 20_000;

/** @param client for the endpoint that clients use: the host is signed */
export function presignWith(
  client: S3Client,
  bucket: string,
): Pick<BlobStore, "presignUpload" | "presignDownload"> {
  const kept = new LRUCache<string, string>({ max: MAX_KEPT_URLS, ttlResolution: 1000 });
  return {
    async presignUpload({ sha256, sizeBytes }) {
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: `uploads/${sha256}`,
        ContentLength: sizeBytes,
      });
      // The length is signed, so that the URL takes this many bytes and no more.
      const url = await getSignedUrl(client, put, {
        expiresIn: UPLOAD_URL_SECONDS,
        signableHeaders: new Set(["host", "content-length"]),
      });
      return { url, headers: {} };
    },

    async presignDownload(sha256, seconds) {
      const name = `${seconds} ${sha256}`;
      const before = kept.get(name);
      if (before !== undefined) return before;
      const get = new GetObjectCommand({
        Bucket: bucket,
        Key: `sha256/${sha256}`,
        ResponseContentType: "application/octet-stream",
        // The URL is a secret where the package is private; what it gives never changes.
        ResponseCacheControl: "private, max-age=31536000, immutable, no-transform",
      });
      const url = await getSignedUrl(client, get, { expiresIn: seconds });
      kept.set(name, url, { ttl: (seconds * 1000) / 2 });
      return url;
    },
  };
}
