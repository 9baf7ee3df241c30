// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { type ByteSource, httpSource } from "../byte-source/index.ts";
import { type ErrorCode, LoraError } from "../errors.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import type { HubFetch } from "./hub-fetch.ts";
import { type HubFile, type HubRepository, hubError } from "./repository.ts";

export interface HubDeps {
  readonly endpoint: string;
  readonly fetch: HubFetch;
}

const TRIES = 3;

/**
 * A file of the repository's commit, whole and as listed, or nothing.
 * @param onBytes called as bytes come; a try that failed is taken back with a negative number
 * @throws LoraError SIZE_MISMATCH, DIGEST_MISMATCH, HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_PROTOCOL, HUB_UNREACHABLE, and for
 *   writing
 */
export async function downloadFile(
  repository: HubRepository,
  file: HubFile,
  path: string,
  { endpoint, fetch }: HubDeps,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  for (let left = TRIES - 1; ; left -= 1) {
    let got = 0;
    try {
      const response = await get(repository, file, { endpoint, fetch });
      const chunks = checkedChunks(response, repository, file, (bytes) => {
        got += bytes;
        onBytes(bytes);
      });
      return await writeStreamDurably(path, chunks);
    } catch (error) {
      onBytes(-got);
      if (left === 0 || !(error instanceof LoraError) || error.code !== "HUB_UNREACHABLE") throw error;
    }
  }
}

/**
 * A file that is only looked into, by ranges.
 * @throws LoraError as `downloadFile`, here and from reading
 */
export async function openHubFile(
  repository: HubRepository,
  file: HubFile,
  { endpoint, fetch }: HubDeps,
): Promise<ByteSource> {
  const checked = async (input: string | URL | Request, init?: RequestInit) => {
    const response = await fetch(input, init);
    if (!response.ok) throw refusal(response, repository, endpoint);
    return response;
  };
  const source = await httpSource(addressOf(repository, file, endpoint), { fetch: checked }).catch(asHubs);
  return {
    ...source,
    name: shownName(repository, file),
    read: (offset, lengthBytes) => source.read(offset, lengthBytes).catch(asHubs),
  };
}

const HUB_CODES: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  REGISTRY_PROTOCOL: "HUB_PROTOCOL",
  REGISTRY_UNREACHABLE: "HUB_UNREACHABLE",
};

/** Whoever reads by ranges speaks of any server as of a registry. */
function asHubs(error: unknown): never {
  const code = error instanceof LoraError ? HUB_CODES[error.code] : undefined;
  if (code === undefined || !(error instanceof LoraError)) throw error;
  throw new LoraError(code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  });
}

function refusal(response: Response, { name, revision }: HubRepository, endpoint: string): LoraError {
  return hubError({ statusCode: response.status }, { repository: name, revision }, endpoint);
}

async function get(
  repository: HubRepository,
  file: HubFile,
  { endpoint, fetch }: HubDeps,
): Promise<Response> {
  const response = await fetch(addressOf(repository, file, endpoint), {
    streamed: true,
    headers: { "accept-encoding": "identity" },
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusal(response, repository, endpoint);
}

async function* checkedChunks(
  response: Response,
  repository: HubRepository,
  file: HubFile,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const { sizeBytes, digest } = file;
  const isSha256 = "sha256" in digest;
  const hash = createHash(isSha256 ? "sha256" : "sha1");
  // What git hashes is the content behind this header.
  if (!isSha256) hash.update(`blob ${sizeBytes}\0`);
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > sizeBytes) break;
    hash.update(chunk);
    onBytes(chunk.length);
    yield chunk;
  }
  const shown = shownName(repository, file);
  if (bytes !== sizeBytes)
    throw new LoraError(
      "SIZE_MISMATCH",
      `${shown} is ${bytes > sizeBytes ? "longer" : "shorter"} than the ${sizeBytes} bytes that the hub lists`,
      { details: { file: shown, sizeBytes } },
    );
  const found = hash.digest("hex");
  const wanted = isSha256 ? digest.sha256 : digest.gitSha1;
  if (found !== wanted)
    throw new LoraError("DIGEST_MISMATCH", `${shown} is not what the hub lists under that name`, {
      details: { file: shown, wanted, found },
    });
}

function addressOf({ name, revision }: HubRepository, file: HubFile, endpoint: string): string {
  return `${endpoint}/${name}/resolve/${revision}/${encodeURIComponent(file.name)}`;
}

function shownName({ name }: HubRepository, file: HubFile): string {
  return `hf:${name}/${file.name}`;
}
