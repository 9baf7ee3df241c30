// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesSource } from "../../byte-source/index.ts";
import type { BaseDirectory } from "./base-directory.ts";

const FIXTURES = fileURLToPath(new URL("../../../../../test/fixtures/hugging-face-bases/", import.meta.url));

export const FIXTURE_NAMES = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export type Files = Record<string, Uint8Array>;

export function readFixture(name: string): Files {
  const directory = join(FIXTURES, name);
  return Object.fromEntries(
    readdirSync(directory).map((file) => [file, new Uint8Array(readFileSync(join(directory, file)))]),
  );
}

/** A directory in memory that counts what is read of it. */
export function memoryDirectory(files: Files): BaseDirectory & { readBytes: Record<string, number> } {
  const readBytes: Record<string, number> = {};
  return {
    name: "base",
    readBytes,
    async open(file) {
      const content = files[file];
      if (content === undefined) return undefined;
      const source = bytesSource(content, file);
      return {
        ...source,
        read: async (offset, lengthBytes) => {
          readBytes[file] = (readBytes[file] ?? 0) + lengthBytes;
          return source.read(offset, lengthBytes);
        },
      };
    },
  };
}
