// SPDX-License-Identifier: Apache-2.0
/**
 * A file on a web server, read by ranges (RFC 9110, section 14).
 *
 *     GET /model.gguf                       GET /model.gguf
 *     Range: bytes=0-262143                 Range: bytes=900-999
 *                                           If-Range: "v1"
 *     206                                   206
 *     Content-Range: bytes 0-262143/5000000 Content-Range: bytes 900-999/5000000
 *     ETag: "v1"                            ETag: "v1"
 *
 * The server is a stranger's. Only the bytes that were asked for are taken from an answer, a whole file (200) is never
 * read, and every answer must be of the file that the first one was of: with If-Range a server whose file has changed
 * answers 200, and size and ETag are compared as well.
 */
import { LoraError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

export interface HttpSourceOptions {
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with each request. Like `fetch`, they go along with a redirect, except Authorization to another origin. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the server may be silent. */
  readonly silenceMs?: number;
  /** How often a request is sent where there is no answer or a passing refusal; once unless given. */
  readonly attempts?: number;
}

/** Read with the first request, and kept: every reader begins at the start. */
const FIRST_READ_BYTES = 256 * 1024;
const DEFAULT_SILENCE_MS = 30_000;
/** Before the second attempt; it doubles with each further one. */
const FIRST_PAUSE_MS = 200;

interface Answer {
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly sizeBytes: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/**
 * Asks for the first bytes to learn the size.
 * @throws LoraError REGISTRY_UNREACHABLE where there is no answer or a passing refusal, FILE_NOT_FOUND for 404,
 *   REGISTRY_PROTOCOL for a server without ranges or one whose answers contradict each other
 */
export async function httpSource(url: string, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const first = await getPatiently(url, { start: 0, end: FIRST_READ_BYTES }, options, undefined);
  return {
    name: url,
    sizeBytes: first.sizeBytes,
    read: async (offset, lengthBytes) => {
      const end = offset + lengthBytes;
      if (end > first.sizeBytes) throw new LoraError("IO_FAILED", `${url} ends before byte ${end}`);
      if (end <= first.bytes.length) return first.bytes.subarray(offset, end);
      const { bytes } = await getPatiently(url, { start: offset, end }, options, first);
      return bytes;
    },
  };
}

/** A range can be asked for again: whatever the server answers, it must be of the file that `known` is of. */
async function getPatiently(
  url: string,
  range: { start: number; end: number },
  options: HttpSourceOptions,
  known: Answer | undefined,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await get(url, range, options, known);
    } catch (error) {
      const isPassing = error instanceof LoraError && error.code === "REGISTRY_UNREACHABLE";
      if (!isPassing || attempt >= (options.attempts ?? 1)) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}

async function get(
  url: string,
  range: { start: number; end: number },
  { fetch = globalThis.fetch, headers = {}, silenceMs = DEFAULT_SILENCE_MS }: HttpSourceOptions,
  known: Answer | undefined,
): Promise<Answer> {
  const watch = watchSilence(silenceMs);
  try {
    // With a Range, fetch itself asks for no compression: ranges of a compressed form would be of other bytes.
    const response = await fetch(url, {
      headers: {
        ...headers,
        Range: `bytes=${range.start}-${range.end - 1}`,
        ...validatorOf(known),
      },
      signal: watch.signal,
    });
    watch.heard();
    try {
      const answer = checkHead(url, response, range, known);
      return { ...answer, bytes: await takeBody(url, response, answer.lengthBytes, watch.heard) };
    } finally {
      // After a refusal, and for a body that goes on behind its range.
      await response.body?.cancel().catch(() => {});
    }
  } catch (cause) {
    if (cause instanceof LoraError) throw cause;
    const why = watch.signal.aborted ? `was silent for ${silenceMs} ms` : "does not answer";
    throw new LoraError("REGISTRY_UNREACHABLE", `${url} ${why}`, { cause });
  } finally {
    watch.stop();
  }
}

function watchSilence(silenceMs: number) {
  const controller = new AbortController();
  const begin = () => setTimeout(() => controller.abort(), silenceMs);
  let timer = begin();
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = begin();
    },
    stop: () => clearTimeout(timer),
  };
}

/** A weak ETag does not promise equal bytes, so it may not be used here. */
function validatorOf(known: Answer | undefined): Record<string, string> {
  if (known?.etag && !known.etag.startsWith("W/")) return { "If-Range": known.etag };
  if (known?.lastModified && !known.etag) return { "If-Range": known.lastModified };
  return {};
}

function checkHead(
  url: string,
  response: Response,
  range: { start: number; end: number },
  known: Answer | undefined,
): Omit<Answer, "bytes"> & { lengthBytes: number } {
  const etag = response.headers.get("etag");
  const lastModified = response.headers.get("last-modified");
  const contentRange = response.headers.get("content-range") ?? "";
  // The file is empty: no range of it exists.
  if (response.status === 416 && contentRange === "bytes */0" && known === undefined)
    return { sizeBytes: 0, etag, lastModified, lengthBytes: 0 };
  if (response.status === 200 && known !== undefined) throw changed(url);
  if (response.status !== 206) throw refused(url, response.status);
  const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange) ?? [];
  const sizeBytes = Number(size);
  const expectedEnd = Math.min(range.end, sizeBytes);
  if (!Number.isSafeInteger(sizeBytes) || Number(start) !== range.start || Number(last) + 1 !== expectedEnd)
    throw protocol(url, `answers bytes ${range.start}-${range.end - 1} with ${JSON.stringify(contentRange)}`);
  const encoding = response.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") throw protocol(url, "compresses ranges of the file");
  if (known !== undefined && (sizeBytes !== known.sizeBytes || etag !== known.etag)) throw changed(url);
  return { sizeBytes, etag, lastModified, lengthBytes: expectedEnd - range.start };
}

/** Exactly `lengthBytes`: a body that goes on is not read further. */
async function takeBody(
  url: string,
  response: Response,
  lengthBytes: number,
  heard: () => void,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined && at < lengthBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      heard();
      if (value.length > lengthBytes - at) throw protocol(url, "sends more bytes than it announced");
      bytes.set(value, at);
      at += value.length;
    }
  } finally {
    reader?.releaseLock();
  }
  if (at < lengthBytes)
    throw new LoraError("REGISTRY_UNREACHABLE", `${url} ended after ${at} of ${lengthBytes} bytes`);
  return bytes;
}

function refused(url: string, status: number): LoraError {
  if (status === 200)
    return protocol(
      url,
      "is sent whole: its server knows no ranges",
      "download the file and name it instead",
    );
  if (status === 404 || status === 410)
    return new LoraError("FILE_NOT_FOUND", `${url} does not exist`, { details: { status } });
  if (status >= 500 || status === 408 || status === 429)
    return new LoraError("REGISTRY_UNREACHABLE", `${url} answers ${status}`, { details: { status } });
  return new LoraError("REGISTRY_PROTOCOL", `${url} answers ${status}`, { details: { status } });
}

function changed(url: string): LoraError {
  return protocol(url, "changed while it was read", "run the same command again");
}

function protocol(url: string, what: string, hint?: string): LoraError {
  return new LoraError("REGISTRY_PROTOCOL", `${url} ${what}`, hint === undefined ? {} : { hint });
}
