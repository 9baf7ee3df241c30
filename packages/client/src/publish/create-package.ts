// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { parsePackageDraft } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import { MANIFEST_NAME } from "../project/index.ts";
import { writeFileDurably } from "../store/index.ts";
import type { Version } from "../versions.ts";

export interface NewPackage {
  readonly name: PackageName;
  readonly version?: Version | undefined;
  readonly description?: string | undefined;
  readonly license?: string | undefined;
}

export interface CreatedPackage {
  readonly path: string;
  readonly content: { name: PackageName; version: Version; description?: string; license?: string };
}

/**
 * A lora.json with what its author says; `lora pack` fills in the rest. Makes the directory where there is none.
 * @throws LoraError MANIFEST_INVALID, and for writing
 */
export async function createPackage(
  directory: string,
  { name, version = "0.1.0" as Version, description, license }: NewPackage,
): Promise<CreatedPackage> {
  const path = join(directory, MANIFEST_NAME);
  const content = {
    name,
    version,
    ...(description === undefined ? {} : { description }),
    ...(license === undefined ? {} : { license }),
  };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  parsePackageDraft(text, path);
  await writeFileDurably(path, text);
  return { path, content };
}
