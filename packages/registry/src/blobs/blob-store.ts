// SPDX-License-Identifier: Apache-2.0
/**
 * Where the bytes of releases lie, each blob under its sha256. A blob has two lives:
 *
 *     staged     uploaded by somebody, part of nothing; swept away when nobody publishes it
 *     stored     promoted by a publish; only its bytes' digest decided that it may have this name
 *
 * Which stored blobs may be served is the database's business: a blob that was promoted by a publish that then failed
 * is there, and nobody can see it.
 */
import type { Readable } from "node:stream";
import type { ByteSource } from "@lora/client/byte-source";
import type { Sha256 } from "@lora/client/digest";

/** What a release says of a file's bytes, and what a client says that it will upload. Proven by `verify` alone. */
export interface BlobClaim {
  sha256: Sha256;
  sizeBytes: number;
}

/** Bytes that were read and have the digest and size claimed. Nobody outside can change them while this is held. */
export interface VerifiedBlob extends AsyncDisposable {
  readonly source: ByteSource;
  /** Makes the blob durable under its digest. Repeating it, and doing it in two processes at once, is harmless. */
  promote(): Promise<void>;
}

export interface StoredBlob extends BlobClaim {
  /** When its bytes were written: they may have been promoted later. */
  writtenAt: Date;
}

export interface DirectUpload {
  url: string;
  /** To be sent with the PUT exactly so. */
  headers: Record<string, string>;
}

/** An upload in parts, as it stands. */
export interface BegunUpload {
  /** Names it, to the store. */
  uploadId: string;
  /** Of every part but the last. Parts are numbered from 1. */
  partBytes: number;
  /** Numbers of the parts that are there whole, in their order. */
  present: number[];
}

export interface DirectPart extends DirectUpload {
  number: number;
}

/**
 * Big blobs, which clients bring in parts without this process in between. Whose an upload is, its `owner` says: letters and
 * digits, another for each account. `uploadId` comes back from clients, and is whatever they like.
 */
export interface PartUploads {
  /** Begun, or found as it was left; undefined for a blob that is too small for it. @throws LoraError SERVICE_UNAVAILABLE */
  begin(claim: BlobClaim, owner: string): Promise<BegunUpload | undefined>;
  /** Where to PUT each part, of exactly its length. @throws LoraError USAGE for a number that the blob has no part of */
  presign(
    claim: BlobClaim,
    owner: string,
    uploadId: string,
    numbers: readonly number[],
  ): Promise<DirectPart[]>;
  /**
   * Puts the parts together and reads all of it: when it returns, the blob is staged and has its digest; when it throws
   * DIGEST_MISMATCH, nothing of it is left. Repeating it, and doing it in two processes at once, is harmless.
   * @throws LoraError UPLOAD_MISSING, DIGEST_MISMATCH, SERVICE_UNAVAILABLE
   */
  complete(claim: BlobClaim, owner: string, uploadId: string): Promise<void>;
}

/** A small text that lies beside the blobs where no client reaches it, as it was found. */
export interface Memo {
  text: string;
  /** Names this state of it, to the store. */
  tag: string;
}

export interface BlobStore {
  /** What the log's rollback guard remembers (log/guard.ts); undefined before it wrote anything. */
  readMemo(name: string): Promise<Memo | undefined>;
  /**
   * Durable when it returns; whole or not at all whatever is killed when.
   * @param name of a few letters and digits: two registries may share a store
   * @param replaces what is there as far as the caller knows: anything else is left as it is
   * @throws LoraError SERVICE_UNAVAILABLE
   */
  writeMemo(name: string, text: string, replaces: Memo | undefined): Promise<void>;
  /** Where a client may PUT the blob without this process in between; undefined where there is no such way. */
  presignUpload(claim: BlobClaim): Promise<DirectUpload | undefined>;
  /** Undefined where there is no such way. */
  readonly parts: PartUploads | undefined;
  /**
   * Where a client may GET a stored blob, ranges included, without this process in between and without rights of its own,
   * for at least half of the seconds; undefined where there is no such way.
   */
  presignDownload(sha256: Sha256, seconds: number): Promise<string | undefined>;
  /**
   * Takes an upload. When it returns the bytes are durable; when it throws nothing of them is left.
   * @throws LoraError DIGEST_MISMATCH, DISK_FULL, SERVICE_UNAVAILABLE, and whatever `body` throws
   */
  stage(sha256: Sha256, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** Whether something of that size is staged or stored under the digest, so that an upload can be spared. */
  has(claim: BlobClaim): Promise<boolean>;
  /** Whether these very bytes lie staged. They are read and hashed: whoever staged them had them. */
  isStaged(claim: BlobClaim): Promise<boolean>;
  /**
   * Reads all the bytes, staged or stored.
   * @throws LoraError UPLOAD_MISSING, SIZE_MISMATCH, DIGEST_MISMATCH; STORE_CORRUPT when a stored blob is damaged
   */
  verify(claim: BlobClaim): Promise<VerifiedBlob>;
  /**
   * Bytes `start` to `start + lengthBytes` of a stored blob, within its size. The caller destroys the stream.
   * @throws LoraError STORE_CORRUPT when there is no such blob
   */
  read(sha256: Sha256, start: number, lengthBytes: number): Promise<Readable>;
  /** Whether something of that size is stored. */
  isStored(claim: BlobClaim): Promise<boolean>;
  /** Everything that is stored, in no order. What is promoted or removed meanwhile may be in it or not. */
  listStored(): AsyncIterable<StoredBlob>;
  /** Whether anything refers to the blob is for the caller to know. Removing what is not there is harmless. */
  removeStored(sha256: Sha256): Promise<void>;
  /**
   * Removes what was staged, or begun to be staged, before `before` and left there. Returns how many.
   * @param isDryRun counts and removes nothing
   */
  sweep(before: Date, isDryRun?: boolean): Promise<number>;
  /** @throws LoraError SERVICE_UNAVAILABLE, IO_FAILED when nothing could be read or written now */
  check(): Promise<void>;
}
