// SPDX-License-Identifier: Apache-2.0
/** The project's model: what it is, read from the front of its file, and remembered as long as the file stays the same. */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import {
  type BaseFingerprint,
  type BaseRecord,
  type Fingerprint,
  isFingerprint,
} from "../fingerprint/index.ts";
import { partNames } from "../fingerprint/part-names.ts";
import { fileError, writeFileDurably } from "../store/index.ts";

export interface Model {
  path: string;
  fingerprint: Fingerprint;
  /** For people: the model's own name, else its file's. */
  name: string;
  record: BaseRecord;
}

/** @throws LoraError FILE_NOT_FOUND, GGUF_INVALID, FINGERPRINT_IMPOSSIBLE, … */
export async function fingerprintFile(path: string): Promise<BaseFingerprint> {
  // A model is read once, and known from then on.
  const [{ fingerprintBase }, { openFileSource }] = await Promise.all([
    import("../fingerprint/fingerprint-base.ts"),
    import("../file-source/index.ts"),
  ]);
  const sources: Awaited<ReturnType<typeof openFileSource>>[] = [];
  try {
    for (const partPath of partNames(path)) sources.push(await openFileSource(partPath));
    return await fingerprintBase(sources);
  } finally {
    for (const source of sources) await source[Symbol.asyncDispose]();
  }
}

/** As `fingerprintFile`, with a memory: a file of the same size and time is not read again. */
export async function readModel(path: string, cacheDirectory: string): Promise<Model> {
  const found = await stat(path, { bigint: true }).catch((cause) => {
    const error = fileError(cause, "read", path);
    if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") {
      throw new LoraError("FILE_NOT_FOUND", `the project's model ${path} does not exist`, {
        hint: 'put the file there, or change "model" in lora.json',
        details: { path },
      });
    }
    throw error;
  });
  const stamp = `${found.size} ${found.mtimeNs} ${found.ino} ${found.ctimeNs}`;
  const cachePath = join(cacheDirectory, "models", `${sha256Of(path)}.json`);
  const cached = await readCached(cachePath, stamp);
  const record = cached ?? (await fingerprintFile(path)).record;
  if (cached === undefined) {
    // A cache that cannot be written costs time, not correctness.
    await writeFileDurably(cachePath, `${stamp}\n${JSON.stringify(record)}`).catch(() => undefined);
  }
  return { path, fingerprint: record.fingerprint, name: record.names[0] ?? basename(path, ".gguf"), record };
}

/** What lora wrote itself, as a whole or not at all, is not checked like a stranger's. */
async function readCached(path: string, stamp: string): Promise<BaseRecord | undefined> {
  const content = await readFile(path, "utf8").catch(() => "");
  const end = content.indexOf("\n");
  if (end < 0 || content.slice(0, end) !== stamp) return undefined;
  try {
    const record = JSON.parse(content.slice(end + 1)) as BaseRecord;
    return record.v === 1 && isFingerprint(record.fingerprint) ? record : undefined;
  } catch {
    return undefined;
  }
}
