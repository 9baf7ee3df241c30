// SPDX-License-Identifier: Apache-2.0

import { dirname, join } from "node:path";
import { sha256Of } from "../digest.ts";
import { withFileLock } from "../file-lock/index.ts";
import { makeDirectory } from "../store/make-directory.ts";

const WAIT_MS = 10 * 60 * 1000;

/** One process at a time changes a project. The lock lies outside it, so that a refused install leaves no trace there. */
export async function withProjectLock<Result>(
  dataDirectory: string,
  project: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(dataDirectory, "locks", `${sha256Of(project)}.lock`);
  await makeDirectory(dirname(path));
  return withFileLock(path, work, { wait: WAIT_MS });
}
