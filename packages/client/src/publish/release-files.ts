// SPDX-License-Identifier: Apache-2.0
/** The flat set of files that a release is, from a package's directory. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { type Sha256, sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseWith } from "../json/index.ts";
import { type PackageDraft, type ReleaseManifest, releaseManifestSchema } from "../manifest/index.ts";
import { type FileName, parseFileName } from "../names.ts";
import { MANIFEST_NAME } from "../project/index.ts";
import type { ReleaseFile } from "../signing/index.ts";
import { fileError } from "../store/index.ts";

export interface PreparedFile extends ReleaseFile {
  /** Where they were made for the release; otherwise they are on the disk. */
  bytes?: Uint8Array;
}

export interface PreparedRelease {
  manifest: ReleaseManifest;
  files: PreparedFile[];
}

/**
 * @param locate where a file of the package is
 * The release's own lora.json is the author's with the registry's origin, written anew: what is signed has one layout.
 * @throws LoraError MANIFEST_INVALID when the draft lacks something that `lora pack` could fill in
 */
export async function prepareRelease(
  directory: string,
  draft: PackageDraft,
  { origin, locate }: { origin: string; locate: (file: string) => string },
): Promise<PreparedRelease> {
  const homeless = draft.adapters?.find(({ base }) => base?.fingerprint === undefined);
  if (homeless !== undefined) {
    throw new LoraError(
      "MANIFEST_INVALID",
      `lora.json does not say which base ${homeless.file} was trained on`,
      {
        hint: `name the base's file: lora publish ${directory} --base FILE`,
      },
    );
  }
  const { $schema: _schema, ...published } = draft;
  const manifestSource = { ...published, registry: origin, ...dependenciesAsWritten(draft) };
  const manifest = parseWith(releaseManifestSchema, manifestSource, {
    code: "MANIFEST_INVALID",
    source: join(directory, MANIFEST_NAME),
    hint: `fill in what the files say: lora pack ${directory}`,
  });
  const names = [
    ...(manifest.adapters ?? []).map(({ file }) => file),
    ...(manifest.readme === undefined ? [] : [manifest.readme]),
  ];
  const repeated = names.find((name, i) => names.indexOf(name) !== i || name === MANIFEST_NAME);
  if (repeated !== undefined)
    throw new LoraError("MANIFEST_INVALID", `lora.json names the file ${repeated} twice`);
  if ((manifest.adapters ?? []).length === 0 && Object.keys(manifest.dependencies ?? {}).length === 0) {
    throw new LoraError("MANIFEST_INVALID", "a package needs adapters, or dependencies to be a bundle of");
  }
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifestSource, null, 2)}\n`);
  const manifestFile: PreparedFile = {
    name: parseFileName(MANIFEST_NAME),
    sha256: sha256Of(bytes),
    sizeBytes: bytes.length,
    bytes,
  };
  const files = [manifestFile];
  // One after another: of two files that cannot be published, the same one is named each time.
  for (const name of names) files.push(await hashFile(locate(name), name));
  return { manifest, files };
}

/**
 * What is published stays: a link in a package's directory must not carry a file from elsewhere along.
 * @throws LoraError FILE_NOT_FOUND, MANIFEST_INVALID
 */
export async function assertRegularFile(path: string): Promise<void> {
  const found = await lstat(path).catch((cause) => {
    throw fileError(cause, "read", path);
  });
  if (found.isFile()) return;
  const what = found.isSymbolicLink() ? "a link" : "no regular file";
  throw new LoraError(
    "MANIFEST_INVALID",
    `${path} is ${what}, and only files of the directory itself are published`,
    {
      ...(found.isSymbolicLink() ? { hint: "put a copy of the file in its place" } : {}),
    },
  );
}

/** Sha256 and size of a file of any length. */
export async function digestFile(path: string): Promise<{ sha256: Sha256; sizeBytes: number }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
    }
  } catch (cause) {
    throw fileError(cause, "read", path);
  }
  return { sha256: hash.digest("hex") as Sha256, sizeBytes };
}

async function hashFile(path: string, name: FileName): Promise<PreparedFile> {
  await assertRegularFile(path);
  return { name, ...(await digestFile(path)) };
}

/** The parsed form of a dependency back to lora.json's: a range alone, or version and scale. */
function dependenciesAsWritten(draft: PackageDraft) {
  const write = (dependencies: PackageDraft["dependencies"]) =>
    dependencies &&
    Object.fromEntries(
      Object.entries(dependencies).map(([name, { range, scale }]) => [
        name,
        scale === undefined ? range : { version: range, scale },
      ]),
    );
  return {
    ...(draft.dependencies === undefined ? {} : { dependencies: write(draft.dependencies) }),
    ...(draft.optionalDependencies === undefined
      ? {}
      : { optionalDependencies: write(draft.optionalDependencies) }),
  };
}
