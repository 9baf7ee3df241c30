// SPDX-License-Identifier: Apache-2.0
/** Brings to the registry what it has not of a release's files. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { MissingBlob } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { PackageName } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { PreparedFile } from "./release-files.ts";
import { uploadInParts } from "./upload-parts.ts";

/** How often an upload in parts may be ended under this client's hands. */
const MAX_ROUNDS = 5;

export interface UploadRequest {
  name: PackageName;
  files: readonly PreparedFile[];
  /** Where a file is that was not made for the release. */
  locate: (file: string) => string;
  onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * A client that was killed goes on where it was: the registry knows what is there.
 * @returns how many bytes were sent
 * @throws LoraError FORBIDDEN, QUOTA_EXCEEDED, PAYLOAD_TOO_LARGE, DIGEST_MISMATCH, REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL
 */
export async function uploadMissing(registry: RegistryClient, request: UploadRequest): Promise<number> {
  const { files, onProgress } = request;
  const uploads = (await askMissing(registry, request, files)).map((missing) => {
    const file = files.find(({ sha256 }) => sha256 === missing.sha256);
    if (file === undefined)
      throw new LoraError("REGISTRY_PROTOCOL", "the registry asked for a file that was not offered");
    return { missing, file };
  });
  const totalBytes = uploads.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  let doneBytes = 0;
  let sentBytes = 0;
  onProgress(0, totalBytes);
  for (const { missing, file } of uploads) {
    const report = (ofFile: number) => onProgress(doneBytes + ofFile, totalBytes);
    sentBytes += await uploadFile(registry, request, file, missing, report);
    doneBytes += file.sizeBytes;
    onProgress(doneBytes, totalBytes);
  }
  return sentBytes;
}

async function askMissing(
  registry: RegistryClient,
  { name }: UploadRequest,
  files: readonly PreparedFile[],
): Promise<MissingBlob[]> {
  const blobs = files.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes }));
  return (await registry.requestUploads({ package: name, blobs })).missing;
}

/** @param onProgress is told how many bytes of the file are there. @returns how many were sent */
async function uploadFile(
  registry: RegistryClient,
  request: UploadRequest,
  file: PreparedFile,
  missing: MissingBlob,
  onProgress: (doneBytes: number) => void,
): Promise<number> {
  const { sha256, sizeBytes } = file;
  const open = (start: number, end: number) => openContent(file, request.locate, start, end);
  let sentBytes = 0;
  let now: MissingBlob | undefined = missing;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    // Another client brought it meanwhile.
    if (now === undefined) return sentBytes;
    const { parts }: MissingBlob = now;
    if (parts === undefined) {
      await registry.uploadBlob(now, sizeBytes, () => open(0, sizeBytes));
      return sentBytes + sizeBytes;
    }
    let doneBytes = presentBytes(parts, sizeBytes);
    onProgress(doneBytes);
    const outcome = await uploadInParts(registry, parts, { sha256, sizeBytes, open }, (sent) => {
      doneBytes += sent;
      sentBytes += sent;
      onProgress(doneBytes);
    });
    if (outcome === "done") return sentBytes;
    [now] = await askMissing(registry, request, [file]);
  }
  throw new LoraError(
    "REGISTRY_PROTOCOL",
    `the registry ended the upload of ${file.name} ${MAX_ROUNDS} times before it was whole`,
  );
}

function presentBytes({ present, partBytes }: NonNullable<MissingBlob["parts"]>, sizeBytes: number): number {
  const sizes = present.map((number) => Math.min(partBytes, sizeBytes - (number - 1) * partBytes));
  return sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
}

/** @param end exclusive */
function openContent(
  { name, bytes }: PreparedFile,
  locate: (file: string) => string,
  start: number,
  end: number,
): RequestInit["body"] {
  if (bytes !== undefined) return bytes.subarray(start, end) as Uint8Array<ArrayBuffer>;
  // `end` is inclusive there, and an empty range cannot be said so.
  if (end === start) return new Uint8Array();
  return Readable.toWeb(
    createReadStream(locate(name), { start, end: end - 1 }),
  ) as ReadableStream<Uint8Array>;
}
