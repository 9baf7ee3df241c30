// SPDX-License-Identifier: Apache-2.0
/** A project on disk: `lora.json` and `lora-lock.json` beside it, and `.lora/` with what is installed. */
import { realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { applyEdits, modify } from "jsonc-parser";
import { LoraError } from "../errors.ts";
import { type Dependency, type ProjectManifest, parseProjectManifest } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import { fileError, readDocument } from "../store/index.ts";
import { LOCKFILE_NAME, type Lockfile, parseLockfile, type Requested } from "./lockfile.ts";

export const MANIFEST_NAME = "lora.json";

export interface Project {
  /** Absolute, without symbolic links. */
  directory: string;
  manifest: ProjectManifest;
  /** The text of lora.json, so that an edit keeps the author's layout. */
  manifestText: string;
  /** Absolute. */
  modelPath: string;
  lockfile: Lockfile | undefined;
  lockfileText: string | undefined;
}

/**
 * The project of `directory` or of the nearest directory above it.
 * @throws LoraError PROJECT_NOT_FOUND, MANIFEST_INVALID, JSON_INVALID, LOCKFILE_INVALID
 */
export async function readProject(directory: string): Promise<Project> {
  const found = await findProject(directory);
  return openProject(found.directory, found.manifestText);
}

/** As `readProject`, and nothing is parsed. @throws LoraError PROJECT_NOT_FOUND */
export async function findProject(directory: string): Promise<{ directory: string; manifestText: string }> {
  const start = await realpath(directory).catch((cause) => {
    throw fileError(cause, "read", directory);
  });
  for (let at = start; ; at = dirname(at)) {
    const manifestText = await readDocument(join(at, MANIFEST_NAME));
    if (manifestText !== undefined) return { directory: at, manifestText };
    if (at === dirname(at)) break;
  }
  throw new LoraError("PROJECT_NOT_FOUND", `there is no lora.json in ${start} or above it`, {
    hint: "make this directory a project: lora init --model FILE",
  });
}

async function openProject(directory: string, manifestText: string): Promise<Project> {
  const manifest = parseProjectManifest(manifestText, join(directory, MANIFEST_NAME));
  const lockfileText = await readDocument(join(directory, LOCKFILE_NAME));
  return {
    directory,
    manifest,
    manifestText,
    modelPath: resolve(directory, manifest.model),
    lockfile:
      lockfileText === undefined ? undefined : parseLockfile(lockfileText, join(directory, LOCKFILE_NAME)),
    lockfileText,
  };
}

/** What the manifest asks of the resolver, in the form that the lockfile repeats. */
export function requestedBy(manifest: ProjectManifest): Requested {
  const { dependencies = {}, optionalDependencies, overrides, limits, policy } = manifest;
  return JSON.parse(
    JSON.stringify({ dependencies, optionalDependencies, overrides, limits, policy }),
  ) as Requested;
}

/** lora.json with dependencies set or, where `undefined`, removed; everything else as the author wrote it. */
export function editDependencies(
  manifestText: string,
  changes: ReadonlyMap<PackageName, Dependency | undefined>,
): string {
  let text = manifestText;
  for (const [name, dependency] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const value =
      dependency === undefined || dependency.scale === undefined
        ? dependency?.range
        : { version: dependency.range, scale: dependency.scale };
    const edits = modify(text, ["dependencies", name], value, {
      formattingOptions: { insertSpaces: true, tabSize: 2, eol: "\n" },
    });
    text = applyEdits(text, edits);
  }
  return text;
}
