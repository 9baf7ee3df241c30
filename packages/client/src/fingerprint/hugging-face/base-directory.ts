// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { type FileName, parseFileName } from "../../names.ts";

/**
 * A base as the hub has it: files with plain names in one place, a directory on the disk or an address whose files are
 * read by ranges. Whoever made it closes what it opened.
 */
export interface BaseDirectory {
  /** For messages: a path or a URL. */
  readonly name: string;
  /** Undefined where there is no such file. */
  open(file: FileName): Promise<ByteSource | undefined>;
}

/**
 * The whole content of a small file; undefined where there is none.
 * @throws LoraError BASE_CONFIG_INVALID where it is larger than `maxBytes`, and what the directory throws
 */
export async function readSmallFile(
  directory: BaseDirectory,
  file: string,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; name: string } | undefined> {
  const source = await directory.open(parseFileName(file));
  if (source === undefined) return undefined;
  if (source.sizeBytes > maxBytes)
    throw new LoraError(
      "BASE_CONFIG_INVALID",
      `${source.name} has ${source.sizeBytes} bytes; at most ${maxBytes} are read`,
    );
  return { bytes: await source.read(0, source.sizeBytes), name: source.name };
}
