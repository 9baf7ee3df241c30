// SPDX-License-Identifier: Apache-2.0
/**
 * ECDSA signatures travel as DER (RFC 3279 §2.2.3), WebCrypto speaks raw r‖s of 32 bytes each.
 *
 *     30 len  02 len r  02 len s        integers big-endian, minimal, non-negative
 *
 * For P-256 every length fits one byte, so long forms are refused rather than read.
 */
const COORDINATE_BYTES = 32;

export function rawToDer(raw: Uint8Array): Uint8Array {
  const integers = [
    encodeInteger(raw.subarray(0, COORDINATE_BYTES)),
    encodeInteger(raw.subarray(COORDINATE_BYTES)),
  ];
  const body = integers.flatMap((integer) => [...integer]);
  return Uint8Array.from([0x30, body.length, ...body]);
}

/** Undefined unless the bytes are exactly one minimal DER signature. */
export function derToRaw(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 2 + 2 * (2 + COORDINATE_BYTES + 1))
    return undefined;
  const raw = new Uint8Array(2 * COORDINATE_BYTES);
  let at = 2;
  for (const end of [COORDINATE_BYTES, 2 * COORDINATE_BYTES]) {
    const length = der[at + 1];
    if (der[at] !== 0x02 || length === undefined || length < 1 || at + 2 + length > der.length)
      return undefined;
    let integer = der.subarray(at + 2, at + 2 + length);
    const [first = 0, second = 0] = integer;
    if (first >= 0x80 || (first === 0 && (length === 1 || second < 0x80))) return undefined;
    if (first === 0) integer = integer.subarray(1);
    if (integer.length > COORDINATE_BYTES) return undefined;
    raw.set(integer, end - integer.length);
    at += 2 + length;
  }
  return at === der.length ? raw : undefined;
}

function encodeInteger(coordinate: Uint8Array): number[] {
  let start = 0;
  while (start < coordinate.length - 1 && coordinate[start] === 0) start += 1;
  const digits = [...coordinate.subarray(start)];
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}
