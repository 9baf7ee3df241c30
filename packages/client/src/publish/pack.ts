// SPDX-License-Identifier: Apache-2.0
/** `lora pack`: a lora.json that says what the files say, so that nobody types what can be read. */
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { applyEdits, type JSONPath, modify } from "jsonc-parser";
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { type Adapter, readAdapter } from "../formats/gguf/index.ts";
import { type PackageDraft, parsePackageDraft } from "../manifest/index.ts";
import { type PackageName, parseFileName } from "../names.ts";
import { MANIFEST_NAME } from "../project/index.ts";
import { fileError, readDocument, writeFileDurably } from "../store/index.ts";
import type { Version } from "../versions.ts";

export interface PackRequest {
  directory: string;
  /** Needed where there is no lora.json yet. */
  name?: PackageName | undefined;
  version?: Version | undefined;
  /** What adapters without a fingerprint were trained on, each by its name, or all by the only one. */
  bases?: readonly KnownBase[] | undefined;
  /** Say what would be written, and write nothing. */
  dryRun?: boolean | undefined;
}

/** One value that pack wrote into lora.json. */
export interface FilledValue {
  /** As a person would write it: `adapters[0].rank`. */
  path: string;
  value: unknown;
}

export interface PackOutcome {
  manifestPath: string;
  draft: PackageDraft;
  filled: FilledValue[];
}

/** An adapter file with what `lora.json` says of it. */
export interface DraftAdapter {
  entry: NonNullable<PackageDraft["adapters"]>[number];
  adapter: Adapter;
}

/**
 * Writes lora.json when something was missing from it; never changes a value that is there.
 * @throws LoraError MANIFEST_INVALID, ADAPTER_MISMATCH (the manifest contradicts the file), and what the files throw
 */
export async function packPackage(request: PackRequest): Promise<PackOutcome> {
  const manifestPath = join(request.directory, MANIFEST_NAME);
  const present = await readDocument(manifestPath);
  let text = present ?? (await newManifest(request));
  const filled: FilledValue[] = [];
  const fill = (path: JSONPath, value: unknown) => {
    text = applyEdits(
      text,
      modify(text, path, value, { formattingOptions: { insertSpaces: true, tabSize: 2, eol: "\n" } }),
    );
    filled.push({ path: formatJsonPath(path), value });
  };
  const draft = parsePackageDraft(text, manifestPath);
  assertAsNamed(draft, request);
  if (draft.readme === undefined && (await isThere(join(request.directory, "README.md"))))
    fill(["readme"], "README.md");
  for (const [i, { entry, adapter }] of (await readDraftAdapters(request.directory, draft)).entries()) {
    assertAgrees(entry, adapter);
    if (entry.rank === undefined) fill(["adapters", i, "rank"], adapter.rank);
    if (entry.alpha === undefined) fill(["adapters", i, "alpha"], adapter.alpha);
    if (entry.targets === undefined) fill(["adapters", i, "targets"], adapter.targets);
    const base = knownBaseOf(entry, request.bases ?? []);
    if (base === undefined) continue;
    if (entry.base?.fingerprint === undefined)
      fill(["adapters", i, "base", "fingerprint"], base.record.fingerprint);
    if (entry.base?.name === undefined) fill(["adapters", i, "base", "name"], base.name);
  }
  if (text !== present && request.dryRun !== true) await writeFileDurably(manifestPath, text);
  return { manifestPath, draft: parsePackageDraft(text, manifestPath), filled };
}

/** lora.json with another version; everything else as the author wrote it. */
export function setPackageVersion(manifestText: string, version: Version): string {
  return applyEdits(manifestText, modify(manifestText, ["version"], version, {}));
}

/** Each adapter of the draft with its file, read by the strict validator. */
export async function readDraftAdapters(directory: string, draft: PackageDraft): Promise<DraftAdapter[]> {
  const adapters: DraftAdapter[] = [];
  for (const entry of draft.adapters ?? []) {
    await using source = await openFileSource(join(directory, entry.file));
    adapters.push({ entry, adapter: await readAdapter(source) });
  }
  return adapters;
}

/** The one of the bases at hand that an adapter was trained on: by fingerprint, by name, or because there is one only. */
export function knownBaseOf(
  entry: DraftAdapter["entry"],
  bases: readonly KnownBase[],
): KnownBase | undefined {
  const { fingerprint, name } = entry.base ?? {};
  if (fingerprint !== undefined) return bases.find((base) => base.record.fingerprint === fingerprint);
  const byName = bases.find((base) => base.name === name);
  if (byName !== undefined || bases.length !== 1) return byName;
  return name === undefined || bases[0]?.named === false ? bases[0] : undefined;
}

/** Names that were given and that lora.json has otherwise: one of the two is a mistake. */
function assertAsNamed(draft: PackageDraft, { directory, name, version }: PackRequest): void {
  const wanted = `${name ?? draft.name} ${version ?? draft.version}`;
  const said = `${draft.name} ${draft.version}`;
  if (wanted === said) return;
  throw new LoraError("USAGE", `lora.json in ${directory} is of ${said}, not of ${wanted}`, {
    hint:
      name === undefined || name === draft.name
        ? `raise it: lora version ${version} --dir ${directory}`
        : "change the name in lora.json",
  });
}

async function newManifest({ directory, name, version = "0.1.0" as Version }: PackRequest): Promise<string> {
  if (name === undefined) {
    throw new LoraError("MANIFEST_INVALID", `there is no ${MANIFEST_NAME} in ${directory}`, {
      hint: `name the package to make one: lora pack ${directory} --name @scope/name`,
    });
  }
  const adapters = await findAdapters(directory);
  if (adapters.length === 0) {
    throw new LoraError("FILE_NOT_FOUND", `there is no adapter (.gguf) in ${directory}`, {
      details: { directory },
    });
  }
  return `${JSON.stringify({ name, version, adapters: adapters.map((file) => ({ file, format: "gguf" })) }, null, 2)}\n`;
}

/** The adapters among the directory's GGUF files; a base that lies beside them is not one. */
async function findAdapters(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause) => {
    throw fileError(cause, "read", directory);
  });
  const found: string[] = [];
  for (const name of names.filter((file) => file.endsWith(".gguf")).sort()) {
    parseFileName(name);
    await using source = await openFileSource(join(directory, name));
    const isAdapter = await readAdapter(source).then(
      () => true,
      (error: unknown) => {
        if (error instanceof LoraError && error.details?.kind === "base") return false;
        throw error instanceof LoraError
          ? withHint(error, `take ${name} away, or write lora.json with the files you mean`)
          : error;
      },
    );
    if (isAdapter) found.push(name);
  }
  return found;
}

function assertAgrees(entry: DraftAdapter["entry"], adapter: Adapter): void {
  const facts = { rank: adapter.rank, alpha: adapter.alpha, targets: [...adapter.targets].sort() };
  const said = {
    rank: entry.rank,
    alpha: entry.alpha === undefined ? undefined : Math.fround(entry.alpha),
    targets: entry.targets?.toSorted(),
  };
  for (const key of ["rank", "alpha", "targets"] as const) {
    if (said[key] === undefined || JSON.stringify(said[key]) === JSON.stringify(facts[key])) continue;
    throw new LoraError(
      "ADAPTER_MISMATCH",
      `lora.json says ${key} ${JSON.stringify(said[key])} of ${entry.file}, the file has ${JSON.stringify(facts[key])}`,
      {
        hint: `delete "${key}" of ${basename(entry.file)} from lora.json and run lora pack`,
        details: { file: facts, manifest: said },
      },
    );
  }
}

function withHint(error: LoraError, hint: string): LoraError {
  return new LoraError(error.code, error.message, {
    hint,
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error,
  });
}

function formatJsonPath(path: JSONPath): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join("");
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
