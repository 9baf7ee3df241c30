// SPDX-License-Identifier: Apache-2.0
/** What a blob store does with single objects of its bucket. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ByteSource } from "@lora/client/byte-source";
import { LoraError } from "@lora/client/errors";
import type { BlobClaim } from "./blob-store.ts";
import { digestError, missingError, sizeError } from "./errors.ts";
import { orMissing, reachable } from "./s3-client.ts";

/** Read at once when a validator asks for less: a header is read in many small steps. */
const READ_AHEAD_BYTES = 1024 * 1024;

export type S3Objects = ReturnType<typeof objectsOf>;

export function objectsOf(client: S3Client, bucket: string) {
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  return { sizeOf, compare, open, objectSource, copy, remove };

  async function sizeOf(key: string): Promise<number | undefined> {
    const head = await reachable(() => orMissing(client.send(new HeadObjectCommand(at(key)))));
    return head?.ContentLength;
  }

  /** Undefined when there is no such object; the error that says how it differs from the claim. */
  async function compare(key: string, claim: BlobClaim): Promise<"same" | LoraError | undefined> {
    const size = await sizeOf(key);
    if (size === undefined) return undefined;
    if (size !== claim.sizeBytes) return sizeError(claim, size);
    const hash = createHash("sha256");
    const stream = await open(key);
    if (stream === undefined) return undefined;
    await reachable(async () => {
      for await (const chunk of stream) hash.update(chunk);
    });
    const found = hash.digest("hex");
    return found === claim.sha256 ? "same" : digestError(claim.sha256, found);
  }

  async function open(key: string, start = 0, lengthBytes?: number): Promise<Readable | undefined> {
    const range = lengthBytes === undefined ? {} : { Range: `bytes=${start}-${start + lengthBytes - 1}` };
    const object = await reachable(() =>
      orMissing(client.send(new GetObjectCommand({ ...at(key), ...range }))),
    );
    return object?.Body as Readable | undefined;
  }

  function objectSource(key: string, { sha256, sizeBytes }: BlobClaim): ByteSource {
    let ahead = { offset: 0, bytes: new Uint8Array() };
    return {
      name: sha256,
      sizeBytes,
      async read(offset, lengthBytes) {
        const within = offset - ahead.offset;
        if (within < 0 || within + lengthBytes > ahead.bytes.length) {
          const length = Math.min(Math.max(lengthBytes, READ_AHEAD_BYTES), sizeBytes - offset);
          const stream = await open(key, offset, length);
          // Collected as garbage, or promoted by another publish, since its size was asked for.
          if (stream === undefined) throw missingError({ sha256, sizeBytes });
          const chunks = await reachable(() => stream.toArray());
          ahead = { offset, bytes: Buffer.concat(chunks) };
        }
        const bytes = ahead.bytes.subarray(offset - ahead.offset, offset - ahead.offset + lengthBytes);
        if (bytes.length !== lengthBytes) {
          throw new LoraError("IO_FAILED", `${sha256} ends before byte ${offset + lengthBytes}`);
        }
        return bytes;
      },
    };
  }

  /** False when there is no `from`. One request copies up to 5 GB, more than a blob may have. */
  async function copy(from: string, to: string): Promise<boolean> {
    const command = new CopyObjectCommand({ ...at(to), CopySource: `${bucket}/${from}` });
    return (await reachable(() => orMissing(client.send(command)))) !== undefined;
  }

  async function remove(key: string): Promise<void> {
    await reachable(() => client.send(new DeleteObjectCommand(at(key))));
  }
}
