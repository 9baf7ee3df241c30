// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../../byte-source/index.ts";
import { HeaderCursor } from "./cursor.ts";
import { type AcceptKey, type GgufHeader, parseHeader } from "./header.ts";
import { BASE_LIMITS, type GgufLimits } from "./limits.ts";

/** Holds the header of most adapters, and of a base up to its tokenizer. */
const FIRST_READ_BYTES = 256 * 1024;
/** A tokenizer of 128,000 tokens takes four of these: few round trips, and little is read in vain. */
const NEXT_READ_BYTES = 2 * 1024 * 1024;

export interface GgufFile extends GgufHeader {
  /** Of the source, for messages. */
  readonly name: string;
  readonly sizeBytes: number;
}

export interface ReadGgufOptions {
  /** Those of a base model unless given. */
  readonly limits?: GgufLimits;
  readonly acceptKey?: AcceptKey;
}

/**
 * Reads the header, never the data. At most `limits.maxHeaderBytes` are read and held, whatever the file claims.
 * @throws LoraError GGUF_INVALID, GGUF_LIMIT, and what the source throws
 */
export async function readGguf(source: ByteSource, options: ReadGgufOptions = {}): Promise<GgufFile> {
  const limits = options.limits ?? BASE_LIMITS;
  const cursor = new HeaderCursor(source.name, source.sizeBytes, limits.maxHeaderBytes);
  const parsing = parseHeader(cursor, source.sizeBytes, limits, options.acceptKey);
  for (;;) {
    const step = parsing.next();
    if (step.done) return { ...step.value, name: source.name, sizeBytes: source.sizeBytes };
    const wanted = cursor.loaded === 0 ? FIRST_READ_BYTES : NEXT_READ_BYTES;
    const lengthBytes = Math.min(wanted, cursor.capacity - cursor.loaded);
    cursor.append(await source.read(cursor.loaded, lengthBytes, cursor.room(lengthBytes)));
  }
}
