// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { parseStrictJson } from "../json/index.ts";
import { readDocument } from "../store/index.ts";

/** A settings file; undefined when there is none. @throws LoraError JSON_INVALID, PERMISSION_DENIED, IO_FAILED */
export async function readJsonIfThere(path: string): Promise<unknown> {
  const text = await readDocument(path);
  try {
    return text === undefined ? undefined : parseStrictJson(text, path);
  } catch (error) {
    if (!(error instanceof LoraError)) throw error;
    throw new LoraError(error.code, error.message, { hint: `correct or delete ${path}`, cause: error });
  }
}
