// SPDX-License-Identifier: Apache-2.0
/** `lora import`: a package of an adapter that lies on a hub. */
import { lstat, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { parsePeftConfig } from "../convert/index.ts";
import { LoraError } from "../errors.ts";
import { openFileSource } from "../file-source/index.ts";
import { readAdapter } from "../formats/gguf/index.ts";
import {
  type AdapterFiles,
  downloadFile,
  findAdapterFiles,
  type HubDeps,
  type HubFile,
  type HubReference,
  type HubRepository,
  openHubFile,
  openRepository,
} from "../hub/index.ts";
import type { PackageName } from "../names.ts";
import { CONFIG_NAME, WEIGHTS_NAME } from "../peft-directory/index.ts";
import { MANIFEST_NAME } from "../project/index.ts";
import {
  chooseBase,
  digestFile,
  licenseName,
  type PackOutcome,
  type PackRequest,
  packPackage,
} from "../publish/index.ts";
import { fileError, makeDirectory, temporaryPath } from "../store/index.ts";
import { removeOnSignal } from "../store/unfinished.ts";
import type { Version } from "../versions.ts";

export interface ImportDeps extends HubDeps {
  readonly onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void;
}

export interface ImportRequest extends Pick<PackRequest, "bases" | "findBase" | "type"> {
  readonly reference: HubReference;
  /** Where the package comes to lie; nothing may be there. */
  readonly directory: string;
  readonly name: PackageName;
  readonly version?: Version | undefined;
  /** Which GGUF file, where there are several. */
  readonly file?: string | undefined;
}

export interface ImportOutcome {
  readonly repository: HubRepository;
  readonly packed: PackOutcome;
  readonly downloadedBytes: number;
}

/**
 * Everything is made beside the package's place and renamed there when it is whole: a refusal, a failure or a crash
 * leaves nothing at it, and Ctrl-C nothing beside it. A crash leaves a directory whose name begins with `.tmp-`.
 * @throws LoraError PROJECT_EXISTS; what the hub, the files in the repository and `packPackage` throw
 */
export async function importPackage(request: ImportRequest, deps: ImportDeps): Promise<ImportOutcome> {
  const { directory, reference } = request;
  await assertFree(directory);
  const repository = await openRepository(reference, deps, deps.fetch);
  const files = findAdapterFiles(repository, request.file);
  const room = await makeRoom(directory);
  using _ = removeOnSignal(room);
  try {
    const { fetched, downloadedBytes } = progressOf(files, deps);
    const download = (file: HubFile, as: string) =>
      downloadFile(repository, file, join(room, as), deps, fetched);
    const pack =
      files.format === "peft"
        ? await importPeft(files, { request, repository, room, download })
        : await importGguf(files, { request, repository, room, download, deps });
    await rename(room, directory).catch((cause) => {
      throw fileError(cause, "write", directory);
    });
    const notes = [
      ...pack.notes,
      ...(pack.draft.license === undefined
        ? [`hf:${repository.name} names no licence that lora.json could take over`]
        : []),
    ];
    const packed = { ...pack, notes, manifestPath: join(directory, MANIFEST_NAME) };
    return { repository, packed, downloadedBytes: downloadedBytes() };
  } catch (error) {
    throw inRepositorysWords(error, room, repository);
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

interface Room {
  readonly request: ImportRequest;
  readonly repository: HubRepository;
  /** An empty directory. */
  readonly room: string;
  readonly download: (file: HubFile, as: string) => Promise<void>;
}

/** The config tells whether the weights are worth downloading. */
async function importPeft(
  { config, weights, readme }: AdapterFiles & { format: "peft" },
  { request, repository, room, download }: Room,
): Promise<PackOutcome> {
  await download(config, CONFIG_NAME);
  await using source = await openFileSource(join(room, CONFIG_NAME));
  const { baseName } = parsePeftConfig(await source.read(0, source.sizeBytes), join(room, CONFIG_NAME));
  const wanted = { of: `hf:${repository.name}`, name: baseName };
  const { base } = await chooseBase(wanted, request.bases ?? [], request.findBase);
  await download(weights, WEIGHTS_NAME);
  if (readme !== undefined) await download(readme, "README.md");
  await writeManifest(room, request, repository, {});
  const pack = await packPackage({
    ...packRequestOf(request, room),
    bases: (request.bases ?? []).length > 0 ? request.bases : [base],
    origin: originOf(repository),
  });
  for (const name of [CONFIG_NAME, WEIGHTS_NAME]) await rm(join(room, name));
  return pack;
}

/** A base model is told from an adapter by its header, before gigabytes of it are here. */
async function importGguf(
  { weights, readme }: AdapterFiles & { format: "gguf" },
  { request, repository, room, download, deps }: Room & { deps: HubDeps },
): Promise<PackOutcome> {
  await readAdapter(await openHubFile(repository, weights, deps));
  const bases = request.bases ?? [];
  const wanted = { of: `hf:${repository.name}`, name: repository.baseName };
  // A GGUF adapter needs no base to be packed, only to be published.
  const chosen = await chooseBase(wanted, bases, request.findBase).catch((error: unknown) => {
    if (error instanceof LoraError && error.code === "BASE_UNKNOWN" && bases.length === 0) return undefined;
    throw error;
  });
  await download(weights, weights.name);
  if (readme !== undefined) await download(readme, "README.md");
  const { sha256 } = await digestFile(join(room, weights.name));
  await writeManifest(room, request, repository, {
    adapters: [
      {
        file: weights.name,
        format: "gguf",
        source: { format: "gguf", sha256, ...originOf(repository) },
        ...(chosen === undefined
          ? {}
          : { base: { name: chosen.name, fingerprint: chosen.base.record.fingerprint } }),
      },
    ],
  });
  const pack = await packPackage({
    ...packRequestOf(request, room),
    bases: chosen === undefined ? [] : [chosen.base],
  });
  if (chosen !== undefined) return pack;
  return { ...pack, notes: [...pack.notes, "its base is not known: name it when you publish, with --base"] };
}

function packRequestOf({ name, findBase, type }: ImportRequest, room: string): PackRequest {
  return { directory: room, name, findBase, type };
}

async function writeManifest(
  room: string,
  { name, version = "0.1.0" as Version }: ImportRequest,
  { license }: HubRepository,
  rest: Record<string, unknown>,
): Promise<void> {
  const known = license === undefined ? undefined : licenseName(license);
  const manifest = { name, version, ...(known === undefined ? {} : { license: known }), ...rest };
  await writeFile(join(room, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
}

function originOf({ name, revision }: HubRepository) {
  return { repository: `hf:${name}`, revision };
}

async function assertFree(directory: string): Promise<void> {
  const found = await lstat(directory).catch(() => undefined);
  if (found === undefined) return;
  throw new LoraError("PROJECT_EXISTS", `${directory} exists already`, {
    hint: "name another place: --dir DIR",
    details: { path: directory },
  });
}

async function makeRoom(directory: string): Promise<string> {
  const parent = dirname(directory);
  try {
    await makeDirectory(parent);
    const room = temporaryPath(directory);
    await mkdir(room);
    return room;
  } catch (cause) {
    throw fileError(cause, "write", parent);
  }
}

function progressOf(files: AdapterFiles, { onProgress }: ImportDeps) {
  const wanted = [files.weights, files.readme, files.format === "peft" ? files.config : undefined];
  const totalBytes = wanted.reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0);
  let doneBytes = 0;
  return {
    fetched: (bytes: number) => {
      doneBytes += bytes;
      onProgress?.({ doneBytes, totalBytes });
    },
    downloadedBytes: () => doneBytes,
  };
}

/** What was wrong with a file was wrong with it on the hub: its place here is gone when somebody reads this. */
function inRepositorysWords(error: unknown, room: string, { name }: HubRepository): unknown {
  if (!(error instanceof LoraError)) return error;
  const rename = (text: string) =>
    text.replaceAll(`${room}${sep}`, `hf:${name}/`).replaceAll(room, `hf:${name}`);
  return new LoraError(error.code, rename(error.message), {
    ...(error.hint === undefined ? {} : { hint: rename(error.hint) }),
    ...(error.details === undefined ? {} : { details: JSON.parse(rename(JSON.stringify(error.details))) }),
    cause: error,
  });
}
