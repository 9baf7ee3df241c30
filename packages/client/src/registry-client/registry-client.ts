// SPDX-License-Identifier: Apache-2.0
/** One registry, as files to read and an API to write. Nothing that comes from here is trusted: callers verify. */

import type { Sha256 } from "../digest.ts";
import {
  type BasesQuery,
  type BasesResponse,
  basesResponseSchema,
  type CreateScopeResponse,
  createScopeResponseSchema,
  type DistTags,
  distTagsResponseSchema,
  type PackageIndex,
  type PublishResponse,
  parsePackageIndex,
  parseRegistryInfo,
  parseSameBases,
  parseScopeKeys,
  publishResponseSchema,
  type RegistryInfo,
  type SameBases,
  type ScopeKeyDocument,
  type ScopeKeys,
  type SearchQuery,
  type SearchResponse,
  scopeKeyResponseSchema,
  searchResponseSchema,
  type UploadsRequest,
  type UploadsResponse,
  uploadsResponseSchema,
  type VersionNotes,
  type Visibility,
  versionNotesResponseSchema,
  type Whoami,
  whoamiResponseSchema,
} from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import {
  type BaseRecord,
  type Fingerprint,
  MAX_NORMS_FILE_BYTES,
  parseBaseRecord,
} from "../fingerprint/index.ts";
import { MAX_JSON_BYTES, parseStrictJson, parseWith } from "../json/index.ts";
import type { PackageName, ScopeName } from "../names.ts";
import { MAX_BUNDLE_BYTES } from "../signing/index.ts";
import {
  type EntryBundle,
  FULL_TILE_BYTES,
  formatTilePath,
  MAX_BUNDLE_BYTES as MAX_ENTRIES_BYTES,
  MAX_NOTE_BYTES,
  MAX_RECEIPT_BYTES,
  type Tile,
} from "../transparency/index.ts";
import type { Version } from "../versions.ts";
import { openBlobStream } from "./blob-stream.ts";
import type { DocumentCache } from "./document-cache.ts";
import { type HttpRequest, readBody, sendRequest } from "./http.ts";

const MAX_BASE_RECORD_BYTES = 8 * 1024 * 1024;
const SMALL_ANSWER_BYTES = 1024 * 1024;
/** A full page of bases with as many names as each may have. */
const MAX_BASES_ANSWER_BYTES = 8 * 1024 * 1024;
/** A full page of packages with as many adapters as a package may have. */
const MAX_SEARCH_ANSWER_BYTES = 4 * 1024 * 1024;

export interface RegistryClient {
  readonly url: string;
  readonly network: NetworkUse;
  info(): Promise<RegistryInfo>;
  /** Undefined when the registry has no such package. */
  index(name: PackageName): Promise<PackageIndex | undefined>;
  bundle(name: PackageName, version: Version): Promise<string>;
  scopeKeys(scope: ScopeName): Promise<ScopeKeys>;
  /** Undefined when the registry does not know the base. */
  base(fingerprint: Fingerprint): Promise<BaseRecord | undefined>;
  /** The norms of a base as a file, to be checked against its record; undefined when the registry has none. */
  norms(fingerprint: Fingerprint): Promise<Uint8Array | undefined>;
  /** What an operator declared to be the same base; nothing of it counts before its receipt is verified. */
  sameBases(fingerprint: Fingerprint): Promise<SameBases>;
  /** A page of what the registry knows; the names in it are strangers'. */
  bases(query: BasesQuery): Promise<BasesResponse>;
  openBlob(sha256: Sha256, offsetBytes: number): Promise<AsyncIterable<Uint8Array>>;
  /** Proves that the version is in the registry's log: a tlog-proof as text. */
  receipt(name: PackageName, version: Version): Promise<Uint8Array>;
  /** The log's newest signed note, never from a cache. */
  checkpoint(): Promise<Uint8Array>;
  /** Just this file of the log. @throws LoraError NOT_FOUND also where a partial one has become a full one */
  logFile(file: Tile | EntryBundle): Promise<Uint8Array>;

  whoami(): Promise<Whoami>;
  /** @param organisation whose the scope is to be, in place of the account's */
  createScope(scope: ScopeName, publicKeyPem: string, organisation?: string): Promise<CreateScopeResponse>;
  addScopeKey(scope: ScopeName, key: { pem: string; statement: string }): Promise<ScopeKeyDocument>;
  /** @param validBefore from which log index on nothing that the key signed counts; default: from now on */
  revokeScopeKey(scope: ScopeName, keyId: Sha256, validBefore?: number): Promise<ScopeKeyDocument>;
  putBase(record: BaseRecord): Promise<void>;
  putNorms(fingerprint: Fingerprint, content: Uint8Array<ArrayBuffer>): Promise<void>;
  requestUploads(request: UploadsRequest): Promise<UploadsResponse>;
  /** `openBody` is called for each attempt. */
  uploadBlob(
    upload: UploadsResponse["missing"][number],
    sizeBytes: number,
    openBody: () => RequestInit["body"],
  ): Promise<void>;
  /** @param visibility of a package that is new; left out, it is what its scope is */
  publish(
    name: PackageName,
    version: Version,
    bundle: string,
    visibility?: Visibility,
  ): Promise<PublishResponse>;
  yank(name: PackageName, version: Version, reason: string): Promise<VersionNotes>;
  unyank(name: PackageName, version: Version): Promise<VersionNotes>;
  deprecate(name: PackageName, version: Version, message: string): Promise<VersionNotes>;
  undeprecate(name: PackageName, version: Version): Promise<VersionNotes>;
  setDistTag(name: PackageName, tag: string, version: Version): Promise<DistTags>;
  removeDistTag(name: PackageName, tag: string): Promise<DistTags>;
  search(query: SearchQuery): Promise<SearchResponse>;
}

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

export function createRegistryClient({
  url,
  token,
  cache,
  network = "always",
}: RegistryClientOptions): RegistryClient {
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

  /** A document that changes: from the cache where that is allowed or still current. Undefined for a 404. */
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

  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const request: HttpRequest = { url: at(`/api/v1${path}`), method, headers: authorization };
    if (body !== undefined) {
      request.headers = { ...authorization, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const source = `the answer to ${method} ${request.url.pathname}`;
    return parseStrictJson(await readBody(await send(request), SMALL_ANSWER_BYTES), source);
  };
  const protocol = (source: string) => ({ code: "REGISTRY_PROTOCOL", source }) as const;
  const note = async (method: string, path: string, body?: unknown) =>
    parseWith(versionNotesResponseSchema, await call(method, `/packages/${path}`, body), protocol("version"));
  const editTags = async (method: string, path: string, body?: unknown) =>
    parseWith(distTagsResponseSchema, await call(method, `/packages/${path}`, body), protocol("dist-tags"));

  return {
    url,
    network,
    async info() {
      const text = await readDocument("/registry.json", SMALL_ANSWER_BYTES);
      if (text !== undefined) return parseRegistryInfo(text, `${url}/registry.json`);
      throw new LoraError("REGISTRY_PROTOCOL", `${url} is not a registry: it has no /registry.json`, {
        hint: "check the address of the registry: lora doctor",
      });
    },

    async index(name) {
      const path = `/index/${name}.json`;
      const text = await readDocument(path, MAX_JSON_BYTES);
      if (text === undefined) return undefined;
      const index = parsePackageIndex(text, `${url}${path}`);
      if (index.name === name) return index;
      throw new LoraError("REGISTRY_PROTOCOL", `${url}${path} is the index of ${index.name}`);
    },

    bundle: async (name, version) =>
      new TextDecoder().decode(
        await readFile(`/versions/${name}/${version}/signature.json`, MAX_BUNDLE_BYTES),
      ),

    async scopeKeys(scope) {
      const path = `/scopes/${scope}.json`;
      const keys = parseScopeKeys(await readFile(path, SMALL_ANSWER_BYTES), `${url}${path}`);
      if (keys.scope !== scope)
        throw new LoraError("REGISTRY_PROTOCOL", `${url}${path} has the keys of ${keys.scope}`);
      return keys;
    },

    async base(fingerprint) {
      const path = `/bases/${fingerprint}.json`;
      const text = await readDocument(path, MAX_BASE_RECORD_BYTES);
      return text === undefined ? undefined : parseBaseRecord(text, `${url}${path}`);
    },

    async norms(fingerprint) {
      const path = `/bases/${fingerprint}/norms.safetensors`;
      const response = await send({ url: at(path), accept: (status) => status === 200 || status === 404 });
      const bytes = await readBody(response, MAX_NORMS_FILE_BYTES);
      return response.status === 404 ? undefined : bytes;
    },
    async sameBases(fingerprint) {
      const path = `/bases/${fingerprint}/same.json`;
      const text = await readDocument(path, SMALL_ANSWER_BYTES);
      const found = text === undefined ? undefined : parseSameBases(text, `${url}${path}`);
      if (found !== undefined && found.fingerprint !== fingerprint)
        throw new LoraError("REGISTRY_PROTOCOL", `${url}${path} is of the base ${found.fingerprint}`);
      return found ?? { v: 1, fingerprint, same: [] };
    },
    async bases(query) {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const params = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
      const answer = await readBody(
        await send({ url: at(`/api/v1/bases?${params}`) }),
        MAX_BASES_ANSWER_BYTES,
      );
      const source = "the list of bases";
      return parseWith(basesResponseSchema, parseStrictJson(answer, source), protocol(source));
    },

    openBlob: (sha256, offsetBytes) => openBlobStream(sendRead, at(`/blobs/sha256/${sha256}`), offsetBytes),

    receipt: (name, version) => readFile(`/versions/${name}/${version}/receipt`, MAX_RECEIPT_BYTES),
    checkpoint: () => readFile("/log/checkpoint", MAX_NOTE_BYTES),
    logFile: (file) =>
      readFile(
        `/log/${formatTilePath(file)}`,
        file.level === "entries" ? MAX_ENTRIES_BYTES : FULL_TILE_BYTES,
      ),

    whoami: async () => parseWith(whoamiResponseSchema, await call("GET", "/whoami"), protocol("whoami")),
    createScope: async (scope, publicKeyPem, organisation) =>
      parseWith(
        createScopeResponseSchema,
        await call("POST", "/scopes", {
          scope,
          publicKeyPem,
          ...(organisation === undefined ? {} : { organisation }),
        }),
        protocol("scope"),
      ),
    addScopeKey: async (scope, key) =>
      parseWith(scopeKeyResponseSchema, await call("POST", `/scopes/${scope}/keys`, key), protocol("key")),
    revokeScopeKey: async (scope, keyId, validBefore) =>
      parseWith(
        scopeKeyResponseSchema,
        await call(
          "POST",
          `/scopes/${scope}/keys/${keyId}/revoke`,
          validBefore === undefined ? {} : { validBefore },
        ),
        protocol("key"),
      ),
    putBase: async (record) => {
      await call("PUT", `/bases/${record.fingerprint}`, record);
    },
    putNorms: async (fingerprint, content) => {
      const headers = { ...authorization, "content-type": "application/octet-stream" };
      const path = `/api/v1/bases/${fingerprint}/norms`;
      const response = await send({ url: at(path), method: "PUT", headers, body: () => content });
      await response.body?.cancel();
    },
    requestUploads: async (request) =>
      parseWith(uploadsResponseSchema, await call("POST", "/uploads", request), protocol("uploads")),

    async uploadBlob(upload, sizeBytes, openBody) {
      const target = new URL(upload.url, `${url}/`);
      const own = target.origin === new URL(url).origin ? authorization : {};
      const headers = {
        ...upload.headers,
        ...own,
        "content-length": String(sizeBytes),
        "content-type": "application/octet-stream",
      };
      const response = await send({ url: target, method: "PUT", headers, body: openBody });
      await response.body?.cancel();
    },

    publish: async (name, version, bundle, visibility) =>
      parseWith(
        publishResponseSchema,
        await call("PUT", `/packages/${name}/versions/${version}`, {
          bundle,
          ...(visibility === undefined ? {} : { visibility }),
        }),
        protocol("publish"),
      ),

    yank: (name, version, reason) => note("PUT", `${name}/versions/${version}/yank`, { reason }),
    unyank: (name, version) => note("DELETE", `${name}/versions/${version}/yank`),
    deprecate: (name, version, message) =>
      note("PUT", `${name}/versions/${version}/deprecation`, { message }),
    undeprecate: (name, version) => note("DELETE", `${name}/versions/${version}/deprecation`),
    setDistTag: (name, tag, version) => editTags("PUT", `${name}/dist-tags/${tag}`, { version }),
    removeDistTag: (name, tag) => editTags("DELETE", `${name}/dist-tags/${tag}`),

    async search(query) {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const params = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
      const request: HttpRequest = { url: at(`/api/v1/search?${params}`), headers: authorization };
      const answer = await readBody(await send(request), MAX_SEARCH_ANSWER_BYTES);
      return parseWith(
        searchResponseSchema,
        parseStrictJson(answer, "the answer to a search"),
        protocol("search"),
      );
    },
  };
}

function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LoraError("JSON_INVALID", `${source} is not UTF-8`, { cause });
  }
}
