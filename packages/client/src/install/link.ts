// SPDX-License-Identifier: Apache-2.0
/** A blob of the store as a file of a project, without a second copy where the file system allows that. */
import { constants, copyFile, link, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError, temporaryPath } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";

export type LinkKind = "reflink" | "hardlink" | "copy";

/** Puts the blob at `to`, whole or not at all. A file that is there already is replaced. */
export async function linkBlob(from: string, to: string): Promise<LinkKind> {
  const temporary = temporaryPath(to);
  try {
    await makeDirectory(dirname(to));
    const kind = await place(from, temporary);
    await rename(temporary, to);
    // Renaming one of two hard links of a file onto the other is defined to do nothing.
    await rm(temporary, { force: true });
    return kind;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(cause, "link", to);
  }
}

async function place(from: string, to: string): Promise<LinkKind> {
  if (await succeeds(copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)))
    return "reflink";
  await rm(to, { force: true });
  if (await succeeds(link(from, to))) return "hardlink";
  await copyFile(from, to, constants.COPYFILE_EXCL);
  return "copy";
}

async function succeeds(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}
