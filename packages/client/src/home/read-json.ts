// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { LoraError } from "../errors.ts";
import { parseStrictJson } from "../json/index.ts";
import { fileError } from "../store/index.ts";

/** Undefined when there is no such file. @throws LoraError JSON_INVALID, PERMISSION_DENIED, IO_FAILED */
export async function readJsonIfThere(path: string): Promise<unknown> {
  try {
    return parseStrictJson(await readFile(path), path);
  } catch (cause) {
    const error = fileError(cause, "read", path);
    if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
