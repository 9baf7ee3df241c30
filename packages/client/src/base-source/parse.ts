// SPDX-License-Identifier: Apache-2.0
/**
 * What a user names a base by, in this order:
 *
 *     base = [ name "=" ] source          name: what people shall call it, without "="
 *     source = URL                        http:// or https://: of a GGUF file, or with a slash at its end of a directory
 *            / path                       of what exists: a GGUF file (of a split model the first part), or a directory
 *                                         with config.json, safetensors and tokenizer
 *            / fingerprint                lfp1:<64 hex>, known to the registry
 *            / name                       known to the registry; never one that reads as a path
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { LoraError } from "../errors.ts";
import { type Fingerprint, isFingerprint } from "../fingerprint/fingerprint.ts";
import { quote } from "../names.ts";
import { fileError } from "../store/file-error.ts";

export type BaseSource =
  | { readonly kind: "file" | "directory"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "fingerprint"; readonly fingerprint: Fingerprint }
  | { readonly kind: "name"; readonly name: string };

export interface NamedSource {
  /** What the user wants it to be called. */
  readonly name: string | undefined;
  readonly source: BaseSource;
}

const URL_START = /^https?:\/\//i;
/** Begins like a path, or ends like a file that would be looked for in vain in a registry. */
const PATH_LIKE = /^(?:[./\\~]|[A-Za-z]:[\\/])|\.(?:gguf|safetensors|json)$/i;

/** @throws LoraError USAGE, FILE_NOT_FOUND, PERMISSION_DENIED, IO_FAILED */
export async function parseBaseSource(text: string): Promise<NamedSource> {
  const equals = text.indexOf("=");
  // A file whose name has an equals sign in it is still a file, and the query of a URL is no name.
  if (equals <= 0 || URL_START.test(text) || (await exists(text)))
    return { name: undefined, source: await parseSource(text) };
  return { name: text.slice(0, equals), source: await parseSource(text.slice(equals + 1)) };
}

async function parseSource(text: string): Promise<BaseSource> {
  if (text.trim() === "") throw new LoraError("USAGE", "no base was named");
  if (URL_START.test(text)) {
    if (!URL.canParse(text)) throw new LoraError("USAGE", `${quote(text)} is no address`);
    return { kind: "url", url: text };
  }
  if (isFingerprint(text)) return { kind: "fingerprint", fingerprint: text };
  const path = resolve(text);
  try {
    return { kind: (await stat(path)).isDirectory() ? "directory" : "file", path };
  } catch (cause) {
    const error = fileError(cause, "read", path);
    const isMissing = error instanceof LoraError && error.code === "FILE_NOT_FOUND";
    if (isMissing && !PATH_LIKE.test(text)) return { kind: "name", name: text };
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
