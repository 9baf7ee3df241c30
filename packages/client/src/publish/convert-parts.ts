// SPDX-License-Identifier: Apache-2.0
/** The adapters that PEFT saved in a package's directory, converted into files of the release. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { KnownBase } from "../base-source/index.ts";
import { convertPeft, type PeftConfig } from "../convert/index.ts";
import type { Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { type Adapter, type FloatType, readAdapter } from "../formats/gguf/index.ts";
import type { PackageDraft } from "../manifest/index.ts";
import type { FileName } from "../names.ts";
import { type PeftDirectory, readPeftDirectory } from "../peft-directory/index.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import { askRegistry, type BaseChoice, chooseBase } from "./choose-base.ts";
import { convertedName } from "./converted-name.ts";
import { asEntry, assertDistinct, assertSameBase, isForOther, isOutdated } from "./part-conflicts.ts";
import type { PeftPart } from "./peft-parts.ts";
import { digestFile } from "./release-files.ts";
import type { Staging } from "./staging.ts";

export type DraftEntry = NonNullable<PackageDraft["adapters"]>[number];

export interface ConvertedPart extends BaseChoice {
  /** Relative to the package: `.`, or a directory's name. */
  readonly part: string;
  readonly file: FileName;
  readonly type: FloatType;
  readonly adapter: Adapter;
  readonly sizeBytes: number;
  /** Of the weights that PEFT saved. */
  readonly weightsSha256: Sha256;
  /** False where the file was there already, byte for byte. */
  readonly isNew: boolean;
  /** What was done besides renaming. */
  readonly notes: readonly string[];
}

export interface ConvertPartsRequest {
  readonly directory: string;
  readonly parts: readonly PeftPart[];
  /** Of lora.json, as far as it is written. */
  readonly entries: readonly DraftEntry[];
  readonly bases: readonly KnownBase[];
  readonly findBase?: ((name: string) => Promise<KnownBase | undefined>) | undefined;
  /** Without it that of the file that is there, else F16. */
  readonly type?: FloatType | undefined;
}

/** `general.file_type`, as the converter writes it. */
const FILE_TYPES: Readonly<Record<number, FloatType>> = { 0: "F32", 1: "F16", 7: "Q8_0", 32: "BF16" };

export interface ConvertedParts {
  readonly converted: readonly ConvertedPart[];
  /** Files of weights that have not changed, whose base is not at hand: nothing was converted. */
  readonly kept: readonly FileName[];
}

/**
 * Converts each part into the staging, in order, unless its file is there already. Never replaces a file that is not
 * known to be an earlier conversion.
 * @throws LoraError as the conversion; BASE_UNKNOWN, ADAPTER_MISMATCH where a file or lora.json says something else, USAGE
 *   for two adapters that a project could not choose between
 */
export async function convertParts(request: ConvertPartsRequest, staging: Staging): Promise<ConvertedParts> {
  const converted: ConvertedPart[] = [];
  const kept: FileName[] = [];
  for (const part of request.parts) {
    const peft = await readPeftDirectory(part.directory);
    const { sha256 } = await digestFile(peft.weightsPath);
    const entry = request.entries.find(({ source }) => source?.format === "peft" && source.sha256 === sha256);
    const choice = await baseOf(part, peft.config, entry, request);
    if (choice !== undefined)
      converted.push(await convertPart({ part, peft, sha256, entry, choice }, request, converted, staging));
    else if (entry !== undefined) kept.push(entry.file);
  }
  return { converted, kept };
}

/** Undefined where nobody knows the base of a file that was converted before. */
async function baseOf(
  { label, directory }: PeftPart,
  config: PeftConfig,
  entry: DraftEntry | undefined,
  { directory: packageDirectory, bases, findBase, type }: ConvertPartsRequest,
): Promise<BaseChoice | undefined> {
  const { fingerprint, name } = entry?.base ?? {};
  if (entry !== undefined && fingerprint !== undefined && bases.length === 0) {
    const base = await askRegistry(fingerprint, findBase);
    if (base !== undefined && base !== "silent") return { base, name: name ?? base.name };
    if (type === undefined && (await isThere(join(packageDirectory, entry.file)))) return undefined;
  }
  const own = label === "." ? undefined : label;
  return chooseBase({ of: own ?? directory, name: config.baseName, label: own }, bases, findBase);
}

interface FoundPart {
  readonly part: PeftPart;
  readonly peft: PeftDirectory;
  /** Of the weights. */
  readonly sha256: Sha256;
  /** What lora.json says of a conversion of these weights. */
  readonly entry: DraftEntry | undefined;
  readonly choice: BaseChoice;
}

async function convertPart(
  { part, peft, sha256, entry: converted, choice }: FoundPart,
  { directory: packageDirectory, parts, entries, type }: ConvertPartsRequest,
  earlier: readonly ConvertedPart[],
  staging: Staging,
): Promise<ConvertedPart> {
  await using weights = await openFileSource(peft.weightsPath);
  const plan = (as: FloatType) =>
    convertPeft({
      config: peft.configJson,
      configName: peft.configPath,
      weights,
      base: { record: choice.base.record },
      type: as,
    });
  const { rank } = (await plan("F16")).adapter;
  assertDistinct(part, choice, rank, earlier);
  const { fingerprint } = choice.base.record;
  const entry = converted ?? (await onlyMissing(packageDirectory, parts, entries));
  const file =
    entry?.file ??
    convertedName({ baseName: choice.name, rank, fingerprint }, (name) =>
      isForOther(name, choice, [...entries, ...earlier.map(asEntry)]),
    );
  const said = entries.find((other) => other.file === file);
  assertSameBase(said, choice);
  const target = join(packageDirectory, file);
  const present = await readPresent(target);
  const as = type ?? present?.type ?? "F16";
  const { chunks, adapter, sizeBytes, notes } = await plan(as);
  const staged = await staging.place(file);
  await writeStreamDurably(staged, chunks());
  const isNew = present === undefined || !(await haveSameBytes(staged, target));
  if (!isNew) await staging.drop(file);
  else if (present !== undefined && !isOutdated(said, { sha256, type, present: present.type }))
    throw new LoraError(
      "ADAPTER_MISMATCH",
      `${target} is there already, and is not what ${part.directory} converts to`,
      {
        hint: `move ${file} away, and run the same command again`,
        details: { file: target, from: part.directory },
      },
    );
  return {
    ...choice,
    part: part.label,
    file,
    type: as,
    adapter,
    sizeBytes,
    weightsSha256: sha256,
    isNew,
    notes,
  };
}

/** An author may have written lora.json before there was a file: with one adapter and one directory it is clear. */
async function onlyMissing(
  directory: string,
  parts: readonly PeftPart[],
  entries: readonly DraftEntry[],
): Promise<DraftEntry | undefined> {
  const [entry, ...others] = entries;
  if (entry === undefined || others.length > 0 || parts.length !== 1 || entry.source !== undefined)
    return undefined;
  return (await isThere(join(directory, entry.file))) ? undefined : entry;
}

async function readPresent(path: string): Promise<{ type: FloatType | undefined } | undefined> {
  if (!(await isThere(path))) return undefined;
  await using source = await openFileSource(path);
  const adapter = await readAdapter(source);
  const type = FILE_TYPES[Number(adapter.metadata["general.file_type"])];
  return { type };
}

async function haveSameBytes(one: string, other: string): Promise<boolean> {
  const [x, y] = [await digestFile(one), await digestFile(other)];
  return x.sha256 === y.sha256;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
