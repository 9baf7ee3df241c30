// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from "node:fs/promises";
import { LoraError } from "../errors.ts";
import { fileError } from "./file-error.ts";

/** Far more than any lora.json, lockfile or setting has. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/**
 * The text of a document that a person may have put there; undefined when there is none. A pipe or a device in its place
 * would never end.
 * @throws LoraError IO_FAILED, PERMISSION_DENIED
 */
export async function readDocument(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile())
      throw new LoraError("IO_FAILED", `${path} is no regular file`, { details: { path } });
    if (found.size > MAX_DOCUMENT_BYTES) {
      throw new LoraError("IO_FAILED", `${path} is larger than ${MAX_DOCUMENT_BYTES} bytes`, {
        details: { path },
      });
    }
    return await readFile(path, "utf8");
  } catch (cause) {
    const error = fileError(cause, "read", path);
    if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
