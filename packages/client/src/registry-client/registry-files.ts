// SPDX-License-Identifier: Apache-2.0
/** What a registry, or a mirror of it, has as files. Nothing that comes from here is trusted: callers verify. */

import type { Sha256 } from "../digest.ts";
import {
  type PackageIndex,
  parsePackageIndex,
  parseRegistryInfo,
  parseSameBases,
  parseScopeKeys,
  type RegistryInfo,
  type SameBases,
  type ScopeKeys,
} from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import {
  type BaseRecord,
  type Fingerprint,
  MAX_NORMS_FILE_BYTES,
  parseBaseRecord,
} from "../fingerprint/index.ts";
import { MAX_JSON_BYTES } from "../json/index.ts";
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
import type { RegistryConnection } from "./connection.ts";
import { readBody } from "./http.ts";

const MAX_BASE_RECORD_BYTES = 8 * 1024 * 1024;
const MAX_SMALL_DOCUMENT_BYTES = 1024 * 1024;

export interface RegistryFiles {
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
  openBlob(sha256: Sha256, offsetBytes: number): Promise<AsyncIterable<Uint8Array>>;
  /** Proves that the version is in the registry's log: a tlog-proof as text. */
  receipt(name: PackageName, version: Version): Promise<Uint8Array>;
  /** The log's newest signed note, never from a cache. */
  checkpoint(): Promise<Uint8Array>;
  /** Just this file of the log. @throws LoraError NOT_FOUND also where a partial one has become a full one */
  logFile(file: Tile | EntryBundle): Promise<Uint8Array>;
}

/** @param url for messages: the registry's, without a slash at the end */
export function registryFiles(url: string, connection: RegistryConnection): RegistryFiles {
  const { at, send, sendRead, readFile, readDocument } = connection;
  return {
    async info() {
      const text = await readDocument("/registry.json", MAX_SMALL_DOCUMENT_BYTES);
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
      const keys = parseScopeKeys(await readFile(path, MAX_SMALL_DOCUMENT_BYTES), `${url}${path}`);
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
      const text = await readDocument(path, MAX_SMALL_DOCUMENT_BYTES);
      const found = text === undefined ? undefined : parseSameBases(text, `${url}${path}`);
      if (found !== undefined && found.fingerprint !== fingerprint)
        throw new LoraError("REGISTRY_PROTOCOL", `${url}${path} is of the base ${found.fingerprint}`);
      return found ?? { v: 1, fingerprint, same: [] };
    },
    openBlob: (sha256, offsetBytes) => openBlobStream(sendRead, at(`/blobs/sha256/${sha256}`), offsetBytes),

    receipt: (name, version) => readFile(`/versions/${name}/${version}/receipt`, MAX_RECEIPT_BYTES),
    checkpoint: () => readFile("/log/checkpoint", MAX_NOTE_BYTES),
    logFile: (file) =>
      readFile(
        `/log/${formatTilePath(file)}`,
        file.level === "entries" ? MAX_ENTRIES_BYTES : FULL_TILE_BYTES,
      ),
  };
}
