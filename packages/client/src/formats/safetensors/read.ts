// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { FOREIGN_BYTES, foreignFormat } from "./foreign.ts";
import { PREFIX_BYTES, parseHeader, type SafetensorsHeader, type SafetensorsTensor } from "./header.ts";
import { MAX_HEADER_BYTES } from "./limits.ts";

export interface SafetensorsFile extends SafetensorsHeader {
  /** Of the source, for messages. */
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * Reads the header, never the data; of a file that is no safetensors its first 8 bytes.
 * @throws LoraError SAFETENSORS_INVALID, SAFETENSORS_LIMIT, JSON_INVALID, PICKLE_REFUSED, and what the source throws
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name, sizeBytes } = source;
  const start = await source.read(0, Math.min(sizeBytes, FOREIGN_BYTES));
  const foreign = foreignFormat(name, start);
  if (foreign !== undefined) throw foreign;
  const fail = (code: "SAFETENSORS_INVALID" | "SAFETENSORS_LIMIT", message: string) =>
    new LoraError(code, `${name} ${message}`, { details: { file: name } });
  if (sizeBytes < PREFIX_BYTES) throw fail("SAFETENSORS_INVALID", "ends inside the length of its header");
  const headerBytes = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES)
    throw fail(
      "SAFETENSORS_LIMIT",
      `has a header of ${headerBytes} bytes; at most ${MAX_HEADER_BYTES} are read`,
    );
  if (headerBytes > sizeBytes - PREFIX_BYTES) throw fail("SAFETENSORS_INVALID", "ends inside its header");
  const json = await source.read(PREFIX_BYTES, Number(headerBytes));
  return { ...parseHeader(json, source), name, sizeBytes };
}

/** The bytes of a tensor as the file has them: as many as `tensor.sizeBytes` says, which may be more than memory. */
export function readSafetensorsData(source: ByteSource, tensor: SafetensorsTensor): Promise<Uint8Array> {
  return source.read(tensor.offset, tensor.sizeBytes);
}
