// SPDX-License-Identifier: Apache-2.0
/** IEEE 754 half precision, for platforms without Float16Array (Node 22). */
const scratch = new DataView(new ArrayBuffer(4));

/** All 65,536 halves, made at the first use. */
let table: Float32Array | undefined;

export function halfToFloat(bits: number): number {
  table ??= Float32Array.from({ length: 65_536 }, (_, half) => expand(half));
  return table[bits & 0xffff] ?? Number.NaN;
}

function expand(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest half, ties to even; what is too large becomes an infinity. */
export function floatToHalf(value: number): number {
  scratch.setFloat32(0, value);
  return floatBitsToHalf(scratch.getUint32(0));
}

/** The same for a float that is there as its 32 bits: integers only, for loops over many. */
export function floatBitsToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x38800000) {
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    // 65,520 and above round to infinity.
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    // Rebias the exponent from 127 to 15 and round away 13 bits; a carry into the exponent is right.
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // Up to half of the smallest subnormal, 2^-25.
  if (magnitude <= 0x33000000) return sign;
  // Subnormal: the fraction with its leading one, moved so that its unit is 2^-24, and rounded.
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const rounding = (1 << (shift - 1)) - 1 + ((fraction >>> shift) & 1);
  return sign | ((fraction + rounding) >>> shift);
}
