// SPDX-License-Identifier: Apache-2.0
/** A bucket of a test's own, seen with the eyes of its owner, and readable for everybody. */
import { createRequire } from "node:module";
import { serviceUrl } from "./services.ts";

export interface SeenObject {
  etag: string;
  modified: string;
}

export interface PublicBucket {
  name: string;
  /** Everybody may GET what is below. */
  url: string;
  list(): Promise<Map<string, SeenObject>>;
  put(key: string, text: string): Promise<void>;
}

export async function makePublicBucket(name: string): Promise<PublicBucket> {
  const { sdk, client, endpoint } = openS3();
  await client.send(new sdk.CreateBucketCommand({ Bucket: name }));
  const allow = (Action: string, Resource: string) => ({
    Effect: "Allow",
    Principal: { AWS: ["*"] },
    Action: [Action],
    Resource: [Resource],
  });
  const Statement = [
    allow("s3:GetObject", `arn:aws:s3:::${name}/*`),
    // Without it S3 answers 403 where there is nothing.
    allow("s3:ListBucket", `arn:aws:s3:::${name}`),
  ];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await client.send(new sdk.PutBucketPolicyCommand({ Bucket: name, Policy }));
  return {
    name,
    url: `${endpoint}/${name}`,
    async list() {
      const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket: name }));
      type Listed = { Key: string; ETag: string; LastModified: Date };
      return new Map(
        Contents.map(({ Key, ETag, LastModified }: Listed) => [
          Key,
          { etag: ETag, modified: LastModified.toISOString() },
        ]),
      );
    },
    async put(Key, Body) {
      await client.send(new sdk.PutObjectCommand({ Bucket: name, Key, Body }));
    },
  };
}

/** With all that is in it: a server that keeps objects in memory has little room. */
export async function removeBucket(name: string): Promise<void> {
  const { sdk, client } = openS3();
  for (;;) {
    const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket: name }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key }: { Key: string }) => ({ Key }));
    await client.send(new sdk.DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
  }
  await client.send(new sdk.DeleteBucketCommand({ Bucket: name }));
}

/** The registry's own copy of the library. */
function openS3() {
  const require = createRequire(new URL("../../packages/registry/package.json", import.meta.url));
  const sdk = require("@aws-sdk/client-s3");
  const endpoint = serviceUrl("S3_ENDPOINT") ?? "";
  const client = new sdk.S3Client({
    endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  return { sdk, client, endpoint };
}
