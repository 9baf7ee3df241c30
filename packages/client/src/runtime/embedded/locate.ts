// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import type { Located } from "../located.ts";

const PACKAGE = "node-llama-cpp";
/** The one whose programming interface is used here; the optional peer dependency of package.json. */
const SUPPORTED_MAJOR = 3;

const packageSchema = z.object({ version: z.string(), main: z.string() });

/** This package's own directory (so also what is installed beside the CLI), then the project's. */
export function defaultRoots(projectDirectory: string): string[] {
  return [dirname(fileURLToPath(import.meta.url)), projectDirectory];
}

/**
 * As Node resolves it: the nearest `node_modules/node-llama-cpp` at or above each directory in turn. Nothing of it is
 * run: that is left to the worker process.
 */
export async function locateNodeLlamaCpp(
  directories: readonly string[],
): Promise<Located<{ moduleUrl: string; location: string; version: string }>> {
  let reason = `the package ${PACKAGE} is not installed`;
  for (const start of directories) {
    for (const directory of ancestors(start)) {
      const location = join(directory, "node_modules", PACKAGE);
      const text = await readFile(join(location, "package.json"), "utf8").catch(() => undefined);
      if (text === undefined) continue;
      const parsed = parsePackage(text);
      if (parsed === undefined) reason = `${location} is damaged`;
      else if (Number.parseInt(parsed.version, 10) !== SUPPORTED_MAJOR) {
        reason = `${location} is version ${parsed.version}, not ${SUPPORTED_MAJOR}.x`;
      } else {
        const moduleUrl = pathToFileURL(join(location, parsed.main)).href;
        return { found: true, moduleUrl, location, version: parsed.version };
      }
    }
  }
  return { found: false, insisted: false, reason };
}

function parsePackage(text: string): z.output<typeof packageSchema> | undefined {
  try {
    return packageSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function ancestors(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}
