// SPDX-License-Identifier: Apache-2.0
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { readDocument } from "../store/index.ts";
import { licenseOfCard } from "./license.ts";

export const README_NAME = "README.md";

/** README.md, where it is a file of the directory itself. */
export async function readCard(directory: string): Promise<string | undefined> {
  const path = join(directory, README_NAME);
  const isFile = await lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? readDocument(path) : undefined;
}

/** What the card in a directory names; undefined where there is none. */
export async function licenseOfDirectory(directory: string): Promise<string | undefined> {
  const card = await readCard(directory);
  return card === undefined ? undefined : licenseOfCard(card);
}
