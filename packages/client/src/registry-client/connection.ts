// SPDX-License-Identifier: Apache-2.0
/** How one registry is asked: with which token, from which cache, and whether at all. */

import { LoraError } from "../errors.ts";
import type { DocumentCache } from "./document-cache.ts";
import { type HttpRequest, readBody, sendRequest } from "./http.ts";

/**
 * `always` asks whether a cached document is still current; `missing` takes what is cached and asks for the rest;
 * `never` fails with OFFLINE where something is not cached.
 */
export type NetworkUse = "always" | "missing" | "never";

export interface RegistryClientOptions {
  /** Without a slash at the end. */
  url: string;
  /** Sent to this registry's own address only, and only where an answer depends on it. */
  token?: string | undefined;
  cache?: DocumentCache | undefined;
  network?: NetworkUse | undefined;
}

export interface RegistryConnection {
  readonly network: NetworkUse;
  /** @param path from the registry's root, with a slash at its start */
  at(path: string): URL;
  /** What a request for which the answer depends on the caller carries. */
  readonly authorization: Readonly<Record<string, string>>;
  send(request: HttpRequest): Promise<Response>;
  /** Without the token first, for what is mostly for everybody. */
  sendRead(request: HttpRequest): Promise<Response>;
  /** @throws LoraError NOT_FOUND */
  readFile(path: string, limitBytes: number): Promise<Uint8Array>;
  /** A document that changes: from the cache where that is allowed or still current. Undefined for a 404. */
  readDocument(path: string, limitBytes: number): Promise<string | undefined>;
}

export function openConnection({
  url,
  token,
  cache,
  network = "always",
}: RegistryClientOptions): RegistryConnection {
  const at = (path: string) => new URL(`${url}${path}`);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  const send = (request: HttpRequest): Promise<Response> => {
    if (network !== "never") return sendRequest(request);
    throw new LoraError(
      "OFFLINE",
      `${request.url.href} would have to be asked for, and --offline forbids it`,
      {
        hint: "run the command once without --offline",
      },
    );
  };
  let isPrivate = false;
  /**
   * Files are mostly for everybody, and asked for without the token, so that any cache may answer. Where there is nothing
   * so, they may be private; once that was the case the token goes along from the start.
   */
  const sendRead = async (request: HttpRequest): Promise<Response> => {
    const own = { ...request, headers: { ...request.headers, ...authorization } };
    if (token === undefined || isPrivate) return send(own);
    const accept = request.accept ?? ((status) => status >= 200 && status < 300);
    const response = await send({ ...request, accept: (status) => status === 404 || accept(status) });
    if (response.status !== 404) return response;
    await response.body?.cancel();
    const again = await send(own);
    isPrivate = again.status !== 404;
    return again;
  };
  const readFile = async (path: string, limitBytes: number): Promise<Uint8Array> =>
    readBody(await sendRead({ url: at(path) }), limitBytes);

  const readDocument = async (path: string, limitBytes: number): Promise<string | undefined> => {
    const cached = await cache?.read(path);
    if (cached !== undefined && network !== "always") return cached.text;
    const request: HttpRequest = { url: at(path), accept: (status) => [200, 304, 404].includes(status) };
    if (cached !== undefined && cached.etag !== "") request.headers = { "if-none-match": cached.etag };
    const response = await sendRead(request);
    const body = await readBody(response, limitBytes);
    if (response.status === 304 && cached !== undefined) return cached.text;
    if (response.status === 404) return undefined;
    const text = decodeText(body, request.url.href);
    await cache?.write(path, { etag: response.headers.get("etag") ?? "", text });
    return text;
  };

  return { network, at, authorization, send, sendRead, readFile, readDocument };
}

function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LoraError("JSON_INVALID", `${source} is not UTF-8`, { cause });
  }
}
