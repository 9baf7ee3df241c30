// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** A `File` that a visitor chose in a browser, or any `Blob`. Only the slices that are asked for are read. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (offset, lengthBytes) => {
      const bytes = await readSlice(blob.slice(offset, offset + lengthBytes), name);
      if (bytes.length !== lengthBytes)
        throw new LoraError("IO_FAILED", `${name} ends before byte ${offset + lengthBytes}`);
      return bytes;
    },
  };
}

async function readSlice(slice: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await slice.arrayBuffer());
  } catch (cause) {
    // A file that was changed or removed after it was chosen.
    throw new LoraError("IO_FAILED", `${name} can no longer be read`, {
      hint: "choose the file again",
      cause,
    });
  }
}
