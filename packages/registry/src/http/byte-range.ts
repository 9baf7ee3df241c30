// SPDX-License-Identifier: Apache-2.0
/**
 * The Range header for one range of bytes (RFC 9110 §14.1.2).
 *
 *     bytes=0-499     the first 500        bytes=500-    from byte 500 on        bytes=-500    the last 500
 *
 * Several ranges, other units and what does not parse are ignored, as the RFC allows: the answer is then the whole.
 */
export interface ByteRange {
  start: number;
  lengthBytes: number;
}

export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  const [, first, last] = match ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const lengthBytes = Math.min(Number(last), sizeBytes);
    return lengthBytes === 0 ? "unsatisfiable" : { start: sizeBytes - lengthBytes, lengthBytes };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= sizeBytes ? "unsatisfiable" : { start, lengthBytes: end - start + 1 };
}
