// SPDX-License-Identifier: Apache-2.0
import { basename } from "node:path";
import type { BaseFingerprint } from "../fingerprint/index.ts";
import { plainLine } from "../fingerprint/plain-line.ts";
import { fingerprintFile } from "../install/model.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { BaseOrigin, KnownBase } from "./known-base.ts";
import { type BaseSource, parseBaseSource } from "./parse.ts";
import { findBaseByFingerprint, findBaseByName } from "./registry-base.ts";

export interface BaseSourceDeps {
  /** Asked only where a base is named by its name or fingerprint. */
  readonly registry: () => Promise<RegistryClient>;
  /** Asked only where a base is named by a URL. */
  readonly fetch: () => Promise<typeof fetch>;
}

/**
 * Reads what is known of the base that `[NAME=]FILE|DIR|URL|NAME|FINGERPRINT` names: of files no more than header and
 * norms. Only fingerprints, shapes and digests ever leave the machine.
 * @throws LoraError USAGE, FILE_NOT_FOUND, GGUF_INVALID, FINGERPRINT_IMPOSSIBLE, BASE_UNKNOWN, BASE_AMBIGUOUS, REGISTRY_UNREACHABLE, …
 */
export async function readBase(text: string, deps: BaseSourceDeps): Promise<KnownBase> {
  const { name, source } = await parseBaseSource(text);
  const base = await readSource(source, deps);
  return name === undefined ? base : { ...base, name, named: true };
}

/** `readBase` of each, in order. */
export function readBases(texts: readonly string[] = [], deps: BaseSourceDeps): Promise<KnownBase[]> {
  return Promise.all(texts.map((text) => readBase(text, deps)));
}

async function readSource(source: BaseSource, deps: BaseSourceDeps): Promise<KnownBase> {
  switch (source.kind) {
    case "file": {
      const { path } = source;
      return known({ kind: "file", path }, await fingerprintFile(path), basename(path, ".gguf"));
    }
    case "url":
      return readUrl(source.url, await deps.fetch());
    case "directory":
      return readDirectory(source.path);
    case "fingerprint":
      return findBaseByFingerprint(await deps.registry(), source.fingerprint);
    case "name":
      return findBaseByName(await deps.registry(), source.name);
  }
}

async function readDirectory(path: string): Promise<KnownBase> {
  const [{ fingerprintDirectory }, { openBaseDirectory }] = await Promise.all([
    import("../fingerprint/index.ts"),
    import("./directory.ts"),
  ]);
  await using directory = openBaseDirectory(path);
  return known({ kind: "directory", path }, await fingerprintDirectory(directory), basename(path));
}

async function readUrl(url: string, fetch: typeof globalThis.fetch): Promise<KnownBase> {
  const [{ fingerprintBase }, { httpSource }] = await Promise.all([
    import("../fingerprint/fingerprint-base.ts"),
    import("../byte-source/index.ts"),
  ]);
  const fingerprint = await fingerprintBase(await httpSource(url, { fetch }));
  return known({ kind: "url", url }, fingerprint, basename(new URL(url).pathname, ".gguf"));
}

function known(origin: BaseOrigin, fingerprint: BaseFingerprint, fallback: string): KnownBase {
  const { record, name, quantization, warnings } = fingerprint;
  return {
    origin,
    record,
    name: name ?? plainLine(fallback) ?? "base",
    named: false,
    quantization,
    warnings,
  };
}
