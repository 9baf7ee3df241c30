// SPDX-License-Identifier: Apache-2.0
/**
 * A blob's bytes as one stream, whatever becomes of the connections that they come over (RFC 9110, sections 13 and 14).
 *
 *     GET /blobs/sha256/ab12…               GET /blobs/sha256/ab12…
 *                                           Range: bytes=150000-
 *                                           If-Range: "ab12…"
 *     200                                   206
 *     ETag: "ab12…"                         Content-Range: bytes 150000-299999/300000
 *     (150,000 bytes, then silence)
 *
 * A server without ranges, or whose file has changed, answers with the whole again; what was read is then skipped. That
 * the parts are of one file is for the reader to check: it knows the blob's hash.
 */
import { LoraError } from "../errors.ts";
import { type HttpRequest, MAX_ATTEMPTS, pauseBeforeAttempt, readChunks } from "./http.ts";

/**
 * @param send sends the request until there is an answer
 * @throws LoraError as `send` does; the stream REGISTRY_UNREACHABLE, after MAX_ATTEMPTS connections without a byte
 */
export async function openBlobStream(
  send: (request: HttpRequest) => Promise<Response>,
  url: URL,
  offsetBytes: number,
): Promise<AsyncIterable<Uint8Array>> {
  const request = (start: number, etag: string | null): HttpRequest => ({
    url,
    headers: {
      // A content-encoding would make the size on the wire another than the signed one.
      "accept-encoding": "identity",
      ...(start === 0 ? {} : { range: `bytes=${start}-` }),
      // A weak ETag does not promise equal bytes.
      ...(start === 0 || etag === null || etag.startsWith("W/") ? {} : { "if-range": etag }),
    },
  });
  const first = await send(request(offsetBytes, null));
  return goOn(first, offsetBytes, (start) => send(request(start, first.headers.get("etag"))));
}

async function* goOn(
  first: Response,
  offsetBytes: number,
  reopen: (start: number) => Promise<Response>,
): AsyncGenerator<Uint8Array> {
  let response = first;
  let at = offsetBytes;
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const chunk of bytesFrom(response, at)) {
        at += chunk.length;
        attempt = 1;
        yield chunk;
      }
      return;
    } catch (error) {
      const broken = error instanceof LoraError && error.code === "REGISTRY_UNREACHABLE";
      if (!broken || attempt >= MAX_ATTEMPTS) throw error;
    }
    await pauseBeforeAttempt(attempt + 1);
    response = await reopen(at);
  }
}

function bytesFrom(response: Response, start: number): AsyncIterable<Uint8Array> {
  const chunks = readChunks(response);
  if (response.status !== 206) return skipBytes(chunks, start);
  const range = response.headers.get("content-range") ?? "";
  if (range.startsWith(`bytes ${start}-`)) return chunks;
  throw new LoraError(
    "REGISTRY_PROTOCOL",
    `${response.url} was asked for its bytes from ${start} on and answered with ${JSON.stringify(range)}`,
  );
}

async function* skipBytes(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
