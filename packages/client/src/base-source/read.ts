// SPDX-License-Identifier: Apache-2.0
import { basename } from "node:path";
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import type { BaseFingerprint } from "../fingerprint/index.ts";
import { partNames } from "../fingerprint/part-names.ts";
import { plainLine } from "../fingerprint/plain-line.ts";
import { fingerprintFile } from "../install/model.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { BaseOrigin, KnownBase } from "./known-base.ts";
import { type BaseSource, parseBaseSource } from "./parse.ts";
import { findBaseByFingerprint, findBaseByName } from "./registry-base.ts";

/** Files of one split model: the largest published have 50. */
const MAX_PARTS = 256;

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
    import("../fingerprint/hugging-face/index.ts"),
    import("./directory.ts"),
  ]);
  await using directory = openBaseDirectory(path);
  return known({ kind: "directory", path }, await fingerprintDirectory(directory), basename(path));
}

/** An address that ends with a slash is a directory. Nothing but header, norms and tokenizer is asked for. */
async function readUrl(url: string, fetch: typeof globalThis.fetch): Promise<KnownBase> {
  const origin: BaseOrigin = { kind: "url", url };
  const [{ fingerprintBase }, { fingerprintDirectory }, { openUrl, openUrlDirectory }] = await Promise.all([
    // Not the index: whoever needs a name of it would have all of it in the bundle.
    import("../fingerprint/fingerprint-base.ts"),
    import("../fingerprint/hugging-face/index.ts"),
    import("./url.ts"),
  ]);
  const { pathname } = new URL(url);
  if (pathname.endsWith("/"))
    return known(origin, await fingerprintDirectory(openUrlDirectory(url, fetch)), nameInUrl(pathname));
  const names = partNames(pathname);
  if (names.length > MAX_PARTS)
    throw new LoraError("USAGE", `${url} is one of ${names.length} parts; at most ${MAX_PARTS} are read`);
  const parts: ByteSource[] = [];
  for (const name of names)
    parts.push(await openUrl(Object.assign(new URL(url), { pathname: name }).href, fetch));
  return known(origin, await fingerprintBase(parts), nameInUrl(pathname));
}

/** `/meta-llama/Llama-3.1-8B/resolve/main/` is `meta-llama/Llama-3.1-8B`; elsewhere the last part is the name. */
function nameInUrl(pathname: string): string {
  const [, ofHub] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/$/.exec(pathname) ?? [];
  const name = ofHub ?? basename(pathname, ".gguf");
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function known(origin: BaseOrigin, fingerprint: BaseFingerprint, fallback: string): KnownBase {
  const { record, name, quantization, norms, warnings } = fingerprint;
  return {
    origin,
    record,
    name: name ?? plainLine(fallback) ?? "base",
    named: false,
    quantization,
    norms,
    warnings,
  };
}
