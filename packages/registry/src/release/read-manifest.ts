// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parseReleaseManifest, type ReleaseManifest } from "@lora/client/manifest";
import { bareNameOf, type FileName, type PackageName } from "@lora/client/names";
import type { SignedRelease } from "@lora/client/signing";
import type { Version } from "@lora/client/versions";
import type { OpenFiles } from "./open-files.ts";

export const MANIFEST_NAME = "lora.json" as FileName;
const MAX_MANIFEST_BYTES = 256 * 1024;

/** What a publish is for, by the path that it was sent to. */
export interface Asked {
  name: PackageName;
  version: Version;
  origin: string;
}

/**
 * The signed lora.json, checked against what was asked for: otherwise the valid release of one package could be
 * published as another's, or a release for one registry on another.
 * @throws LoraError RELEASE_MISMATCH, MANIFEST_INVALID, JSON_INVALID
 */
export async function readManifest(
  release: SignedRelease,
  files: OpenFiles,
  asked: Asked,
): Promise<ReleaseManifest> {
  const source = files.get(MANIFEST_NAME)?.source;
  if (source === undefined) {
    throw new LoraError("RELEASE_MISMATCH", `the signed release has no file ${MANIFEST_NAME}`);
  }
  if (source.sizeBytes > MAX_MANIFEST_BYTES) {
    throw new LoraError("MANIFEST_INVALID", `${MANIFEST_NAME} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const manifest = parseReleaseManifest(await source.read(0, source.sizeBytes), MANIFEST_NAME);

  assertSame("the signed statement's name", release.bareName, bareNameOf(asked.name));
  assertSame("lora.json's name", manifest.name, asked.name);
  assertSame("lora.json's version", manifest.version, asked.version);
  assertSame("lora.json's registry", manifest.registry, asked.origin);
  return manifest;
}

function assertSame(what: string, found: string, wanted: string): void {
  if (found === wanted) return;
  throw new LoraError("RELEASE_MISMATCH", `${what} is ${found}, but this is a publish of ${wanted}`, {
    details: { what, found, wanted },
  });
}
