// SPDX-License-Identifier: Apache-2.0
/** What a registry's API is asked and told. Answers have the shape of their schema, and are not trusted beyond it. */

import type { Sha256 } from "../digest.ts";
import {
  type BasesQuery,
  type BasesResponse,
  basesResponseSchema,
  type CompleteUploadRequest,
  type CreateScopeResponse,
  createScopeResponseSchema,
  type DistTags,
  type Downloads,
  distTagsResponseSchema,
  downloadsResponseSchema,
  type MissingBlob,
  type PartsRequest,
  type PartsResponse,
  type PublishResponse,
  partsResponseSchema,
  publishResponseSchema,
  type ScopeKeyDocument,
  type SearchQuery,
  type SearchResponse,
  scopeKeyResponseSchema,
  searchResponseSchema,
  type Takedown,
  takedownResponseSchema,
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
import type { BaseRecord, Fingerprint } from "../fingerprint/index.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { PackageName, ScopeName } from "../names.ts";
import type { Version } from "../versions.ts";
import type { RegistryConnection } from "./connection.ts";
import { type HttpRequest, readBody, STALL_TIMEOUT_MS } from "./http.ts";

const SMALL_ANSWER_BYTES = 1024 * 1024;
/** A full page of bases with as many names as each may have. */
const MAX_BASES_ANSWER_BYTES = 8 * 1024 * 1024;
/** A full page of packages with as many adapters as a package may have. */
const MAX_SEARCH_ANSWER_BYTES = 4 * 1024 * 1024;
/** A registry that hashes what it has in its blob store is at least so fast. */
const SLOWEST_WORK_BYTES_PER_SECOND = 8 * 1024 * 1024;

export interface RegistryApi {
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
    upload: Pick<MissingBlob, "url" | "headers">,
    sizeBytes: number,
    openBody: () => RequestInit["body"],
  ): Promise<void>;
  presignParts(sha256: Sha256, request: PartsRequest): Promise<PartsResponse>;
  /** `refused`: the URL holds no more, another may; `gone`: there is no such upload any more. */
  uploadPart(
    part: PartsResponse["parts"][number],
    sizeBytes: number,
    openBody: () => RequestInit["body"],
  ): Promise<"done" | "refused" | "gone">;
  /** @throws LoraError UPLOAD_MISSING, DIGEST_MISMATCH */
  completeUpload(sha256: Sha256, request: CompleteUploadRequest): Promise<void>;
  /**
   * @param visibility of a package that is new; left out, it is what its scope is
   * @param sizeBytes of all its files: the registry reads them before it answers
   */
  publish(
    name: PackageName,
    version: Version,
    bundle: string,
    options?: { visibility?: Visibility | undefined; sizeBytes?: number },
  ): Promise<PublishResponse>;
  yank(name: PackageName, version: Version, reason: string): Promise<VersionNotes>;
  unyank(name: PackageName, version: Version): Promise<VersionNotes>;
  deprecate(name: PackageName, version: Version, message: string): Promise<VersionNotes>;
  undeprecate(name: PackageName, version: Version): Promise<VersionNotes>;
  /** For operators of the registry. */
  takeDown(name: PackageName, version: Version, reason: string): Promise<Takedown>;
  setDistTag(name: PackageName, tag: string, version: Version): Promise<DistTags>;
  removeDistTag(name: PackageName, tag: string): Promise<DistTags>;
  /** A page of what the registry knows; the names in it are strangers'. */
  bases(query: BasesQuery): Promise<BasesResponse>;
  search(query: SearchQuery): Promise<SearchResponse>;
  /** Undefined where nothing is counted, as in a mirror, and where the registry says nothing of it now. */
  downloads(name: PackageName): Promise<Downloads | undefined>;
}

/** @param url the registry's, without a slash at the end */
export function registryApi(url: string, connection: RegistryConnection): RegistryApi {
  const { at, authorization, send, sendRead } = connection;
  /** @param workBytes that the registry reads before it answers */
  const call = async (method: string, path: string, body?: unknown, workBytes = 0): Promise<unknown> => {
    const answerMs = STALL_TIMEOUT_MS + (workBytes / SLOWEST_WORK_BYTES_PER_SECOND) * 1000;
    const request: HttpRequest = { url: at(`/api/v1${path}`), method, headers: authorization, answerMs };
    if (body !== undefined) {
      request.headers = { ...authorization, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const source = `the answer to ${method} ${request.url.pathname}`;
    return parseStrictJson(await readBody(await send(request), SMALL_ANSWER_BYTES), source);
  };
  const find = async (path: string, query: object, limitBytes: number): Promise<unknown> => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const params = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
    const response = await send({ url: at(`/api/v1${path}?${params}`), headers: authorization });
    return parseStrictJson(await readBody(response, limitBytes), `the answer to GET ${path}`);
  };
  const protocol = (source: string) => ({ code: "REGISTRY_PROTOCOL", source }) as const;
  const note = async (method: string, path: string, body?: unknown) =>
    parseWith(versionNotesResponseSchema, await call(method, `/packages/${path}`, body), protocol("version"));
  const editTags = async (method: string, path: string, body?: unknown) =>
    parseWith(distTagsResponseSchema, await call(method, `/packages/${path}`, body), protocol("dist-tags"));

  return {
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

    presignParts: async (sha256, request) =>
      parseWith(
        partsResponseSchema,
        await call("POST", `/uploads/sha256/${sha256}/parts`, request),
        protocol("parts"),
      ),

    async uploadPart(part, sizeBytes, openBody) {
      const headers = { ...part.headers, "content-length": String(sizeBytes) };
      const outcomes = { 200: "done", 400: "refused", 403: "refused", 404: "gone" } as const;
      const accept = (status: number) => status in outcomes;
      const response = await send({ url: new URL(part.url), method: "PUT", headers, body: openBody, accept });
      await response.body?.cancel();
      return outcomes[response.status as keyof typeof outcomes];
    },

    completeUpload: async (sha256, request) => {
      await call("POST", `/uploads/sha256/${sha256}/complete`, request, request.sizeBytes);
    },

    publish: async (name, version, bundle, { visibility, sizeBytes } = {}) =>
      parseWith(
        publishResponseSchema,
        await call(
          "PUT",
          `/packages/${name}/versions/${version}`,
          { bundle, ...(visibility === undefined ? {} : { visibility }) },
          sizeBytes,
        ),
        protocol("publish"),
      ),

    yank: (name, version, reason) => note("PUT", `${name}/versions/${version}/yank`, { reason }),
    unyank: (name, version) => note("DELETE", `${name}/versions/${version}/yank`),
    deprecate: (name, version, message) =>
      note("PUT", `${name}/versions/${version}/deprecation`, { message }),
    undeprecate: (name, version) => note("DELETE", `${name}/versions/${version}/deprecation`),
    takeDown: async (name, version, reason) =>
      parseWith(
        takedownResponseSchema,
        await call("PUT", `/packages/${name}/versions/${version}/takedown`, { reason }),
        protocol("takedown"),
      ),
    setDistTag: (name, tag, version) => editTags("PUT", `${name}/dist-tags/${tag}`, { version }),
    removeDistTag: (name, tag) => editTags("DELETE", `${name}/dist-tags/${tag}`),

    bases: async (query) =>
      parseWith(basesResponseSchema, await find("/bases", query, MAX_BASES_ANSWER_BYTES), protocol("bases")),
    search: async (query) =>
      parseWith(
        searchResponseSchema,
        await find("/search", query, MAX_SEARCH_ANSWER_BYTES),
        protocol("search"),
      ),
    async downloads(name) {
      try {
        const path = `/api/v1/packages/${name}/downloads`;
        const response = await sendRead({
          url: at(path),
          accept: (status) => status === 200 || status === 404,
        });
        const answer = await readBody(response, SMALL_ANSWER_BYTES);
        if (response.status === 404) return undefined;
        const source = "the counts of downloads";
        return parseWith(downloadsResponseSchema, parseStrictJson(answer, source), protocol(source));
      } catch (error) {
        // Nothing depends on it: a web server may answer whatever it likes to a path that a mirror has not.
        if (error instanceof LoraError) return undefined;
        throw error;
      }
    },
  };
}
