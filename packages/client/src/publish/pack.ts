// SPDX-License-Identifier: Apache-2.0
/**
 * `lora pack`: a package of what its author has. Adapters that PEFT saved are converted; lora.json says what the files
 * say, so that nobody types what can be read.
 */
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyEdits, modify } from "jsonc-parser";
import type { KnownBase } from "../base-source/index.ts";
import { LoraError } from "../errors.ts";
import type { FloatType } from "../formats/gguf/index.ts";
import type { AdapterSource, PackageDraft } from "../manifest/index.ts";
import { type PackageName, parseFileName } from "../names.ts";
import { MANIFEST_NAME } from "../project/index.ts";
import { readDocument, writeFileDurably } from "../store/index.ts";
import type { Version } from "../versions.ts";
import { type ConvertedPart, convertParts } from "./convert-parts.ts";
import { findAdapters, readDraftAdapters } from "./draft-adapters.ts";
import { fillFacts, fillSources } from "./fill-manifest.ts";
import { licenseOfCard } from "./license.ts";
import { type FilledValue, openManifestEditor } from "./manifest-editor.ts";
import { README_NAME, readCard } from "./model-card.ts";
import { findPeftParts } from "./peft-parts.ts";
import { readmeStub } from "./readme-stub.ts";
import { openStaging, type Staging } from "./staging.ts";

export interface PackRequest {
  directory: string;
  /** Needed where there is no lora.json yet. */
  name?: PackageName | undefined;
  version?: Version | undefined;
  /** What adapters without a fingerprint were trained on, each by its name, or all by the only one. */
  bases?: readonly KnownBase[] | undefined;
  /** Where PEFT's config names a base that is none of `bases`: what a registry knows by that name. */
  findBase?: ((name: string) => Promise<KnownBase | undefined>) | undefined;
  /** Where the adapters that are converted came from, for lora.json. */
  origin?: Pick<AdapterSource, "repository" | "revision"> | undefined;
  /** Of converted adapters; F16, or what they are, unless given. */
  type?: FloatType | undefined;
  /** Say what would be written, and write nothing. */
  dryRun?: boolean | undefined;
}

export interface PackOutcome {
  manifestPath: string;
  draft: PackageDraft;
  filled: readonly FilledValue[];
  converted: readonly ConvertedPart[];
  /** A README.md was written. */
  wroteReadme: boolean;
  /** What a person should know, each in a sentence. */
  notes: readonly string[];
}

export interface PackPlan extends AsyncDisposable {
  readonly outcome: PackOutcome;
  /** Where a file of the package is now. */
  locate(file: string): string;
  /** Writes adapters, README.md and lora.json, in this order, as far as they are new. */
  commit(): Promise<void>;
}

/** In the model card that PEFT writes. */
const TEMPLATE_MARK = "[More Information Needed]";

/** `planPackage`, and its commit unless it is a dry run. */
export async function packPackage(request: PackRequest): Promise<PackOutcome> {
  await using plan = await planPackage(request);
  if (request.dryRun !== true) await plan.commit();
  return plan.outcome;
}

/**
 * Converts, and works out lora.json; nothing is in its place before the plan is committed. Never changes a value that an
 * author wrote.
 * @throws LoraError MANIFEST_INVALID, ADAPTER_MISMATCH (the manifest contradicts the file), BASE_UNKNOWN, what the files
 *   and the conversion throw
 */
export async function planPackage(request: PackRequest): Promise<PackPlan> {
  // What is only tried leaves nothing in the directory, whatever happens, and needs no leave to write there.
  const staging = openStaging(request.directory, request.dryRun === true ? tmpdir() : undefined);
  try {
    return await plan(request, staging);
  } catch (error) {
    await staging[Symbol.asyncDispose]();
    throw error;
  }
}

async function plan(request: PackRequest, staging: Staging): Promise<PackPlan> {
  const { directory, bases = [], findBase, type } = request;
  const manifestPath = join(directory, MANIFEST_NAME);
  const present = await readDocument(manifestPath);
  const { parts, leftOut } = await findPeftParts(directory);
  const manifest = openManifestEditor(
    present ?? (await newManifest(request, parts.length > 0)),
    manifestPath,
  );
  assertAsNamed(manifest.draft, request);
  const { adapters: entries, dependencies } = manifest.draft;
  if (entries === undefined && dependencies === undefined && parts.length === 0)
    manifest.fill(["adapters"], asEntries(await findAdapters(directory, false)));
  const { converted, kept } = await convertParts(
    { directory, parts, entries: entries ?? [], bases, findBase, type },
    staging,
  );
  fillSources(manifest, converted, request.origin);
  const card = await readCard(directory);
  const license = card === undefined ? undefined : licenseOfCard(card);
  if (manifest.draft.license === undefined && license !== undefined) manifest.fill(["license"], license);
  const wroteReadme =
    converted.length > 0 && manifest.draft.readme === undefined && !(await hasReadme(directory));
  if (wroteReadme)
    await writeFile(
      await staging.place(parseFileName(README_NAME)),
      readmeStub(manifest.draft, stubAdapters(converted)),
    );
  if (manifest.draft.readme === undefined && (card !== undefined || wroteReadme))
    manifest.fill(["readme"], README_NAME);
  fillFacts(manifest, await readDraftAdapters(staging.locate, manifest.draft), { bases, converted });
  const { draft, filled, text } = manifest;
  const notes = [
    ...converted.flatMap(({ part, notes }) =>
      notes.map((note) => (part === "." ? note : `${part}: ${note}`)),
    ),
    ...converted.filter(({ base }) => base.origin.kind === "registry" && base.named).map(foundByName),
    ...leftOut.map((name) => `left out ${name}: ${directory} is an adapter itself`),
    ...kept.map(
      (file) => `${file} was not converted anew: its weights are the same, and its base is not at hand`,
    ),
    ...leftovers(draft, [...converted.map(({ file }) => file), ...kept]),
    ...(card?.includes(TEMPLATE_MARK) ? [`README.md still has places with "${TEMPLATE_MARK}"`] : []),
  ];
  return {
    outcome: { manifestPath, draft, filled, converted, wroteReadme, notes },
    locate: staging.locate,
    async commit() {
      if (!staging.isEmpty) await staging.commit();
      if (text !== present) await writeFileDurably(manifestPath, text);
    },
    [Symbol.asyncDispose]: () => staging[Symbol.asyncDispose](),
  };
}

async function hasReadme(directory: string): Promise<boolean> {
  return (await readdir(directory)).some((name) => /^readme(\.md)?$/i.test(name));
}

/** lora.json with another version; everything else as the author wrote it. */
export function setPackageVersion(manifestText: string, version: Version): string {
  return applyEdits(manifestText, modify(manifestText, ["version"], version, {}));
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

async function newManifest(
  { directory, name, version = "0.1.0" as Version }: PackRequest,
  hasParts: boolean,
): Promise<string> {
  if (name === undefined) {
    throw new LoraError("MANIFEST_INVALID", `there is no ${MANIFEST_NAME} in ${directory}`, {
      hint: `name the package to make one: lora pack ${directory} --name @scope/name`,
    });
  }
  const adapters = await findAdapters(directory, hasParts);
  if (adapters.length === 0 && !hasParts) {
    throw new LoraError("FILE_NOT_FOUND", `there is no adapter (.gguf, or saved by PEFT) in ${directory}`, {
      details: { directory },
    });
  }
  return `${JSON.stringify({ name, version, adapters: asEntries(adapters) }, null, 2)}\n`;
}

const asEntries = (files: readonly string[]) => files.map((file) => ({ file, format: "gguf" }));

function stubAdapters(converted: readonly ConvertedPart[]) {
  return converted.map(({ file, name, adapter: { rank, alpha, targets } }) => ({
    file,
    baseName: name,
    rank,
    alpha,
    targets,
  }));
}

/** Anybody may register a base under any name, so whoever has the base should look. */
function foundByName({ file, name, base }: ConvertedPart): string {
  const { names, fingerprint } = base.record;
  // With `--base NAME=…` the name is the user's own.
  const called = names.includes(name) ? name : names.join(", ");
  return `${file} is for what the registry calls ${called}, ${fingerprint}: compare it with lora fingerprint FILE`;
}

/** Adapters of lora.json whose weights are gone: trained anew at another rank, for instance. */
function leftovers(draft: PackageDraft, current: readonly string[]): string[] {
  if (current.length === 0) return [];
  return (draft.adapters ?? [])
    .filter(
      ({ file, source }) =>
        source?.format === "peft" && source.repository === undefined && !current.includes(file),
    )
    .map(
      ({ file }) =>
        `${file} was converted from weights that are not here any more; delete it from lora.json if it is old`,
    );
}
