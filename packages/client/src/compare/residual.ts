// SPDX-License-Identifier: Apache-2.0
/**
 * What an adapter writes to the residual stream, the one space that all layers of a transformer read from and add to:
 *
 *     C = Σ Δ Δᵀ   over its tensors that write there: the outputs of attention and of the feed-forward parts
 *
 * Two abilities meet in it even where they change different layers. C is as wide as the model; here it is known by its
 * products with probes z: all unit vectors of a narrow model, which is exact, and random signs of a wide one, of which
 * E[(C₁z)·(C₂z)] = tr(C₁C₂).
 */
import type { Delta } from "./delta.ts";
import { gram, type Rows } from "./gram.ts";

const WRITERS = /^(?:[a-z]+\.)?blk\.\d+\.(?:attn_output|ffn_down(?:_exps|_shexp)?|ssm_out)\.weight$/;
/** Up to this width each direction is a probe. */
const EXACT_WIDTH = 256;
const PROBES = 64;

export function writesToResidual(tensor: string): boolean {
  return WRITERS.test(tensor);
}

/** `probe(C)` of one adapter, to which its tensors are added one by one. */
export interface Written {
  /** Each row is C·z of a probe. */
  readonly image: Rows;
  /** tr(C). */
  trace: number;
}

/** @returns rows of probes; the same for the same width */
export function probesOf(width: number): Rows {
  const count = width <= EXACT_WIDTH ? width : PROBES;
  const data = new Float64Array(count * width);
  if (count === width) for (let i = 0; i < width; i += 1) data[i * width + i] = 1;
  else {
    let state = 0x9e3779b9;
    for (let i = 0; i < data.length; i += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      data[i] = state < 0 ? -1 : 1;
    }
  }
  return { data, count, length: width };
}

export function nothingWritten(probes: Rows): Written {
  return { image: { ...probes, data: new Float64Array(probes.data.length) }, trace: 0 };
}

/** Adds `Δ Δᵀ z = B (A Aᵀ) (Bᵀ z)` for each probe. @param gramA `A Aᵀ` */
export function addWritten(
  written: Written,
  probes: Rows,
  { b }: Delta,
  gramA: ReturnType<typeof gram>,
  square: number,
): void {
  const weights = gram(probes, b).mmul(gramA);
  const { data, length } = written.image;
  for (let probe = 0; probe < probes.count; probe += 1) {
    for (let column = 0; column < b.count; column += 1) {
      const weight = weights.get(probe, column);
      if (weight === 0) continue;
      const [to, from] = [probe * length, column * length];
      for (let i = 0; i < length; i += 1)
        data[to + i] = (data[to + i] as number) + weight * (b.data[from + i] as number);
    }
  }
  written.trace += square;
}

export interface ResidualOverlap {
  /** Cosine of both covariances, `tr(C₁C₂) / (‖C₁‖ ‖C₂‖)`: 0 no direction is shared, 1 all are, in the same strengths. */
  alike: number;
  /** tr(C₁C₂) beside that of directions chosen at random: 1 is chance. */
  lift: number;
}

export function residualOverlap(x: Written, y: Written): ResidualOverlap | undefined {
  if (x.trace === 0 || y.trace === 0) return undefined;
  const { count, length: width } = x.image;
  const dot = (one: Written, two: Written) => {
    let sum = 0;
    for (let i = 0; i < one.image.data.length; i += 1)
      sum += ((one.image.data[i] as number) / one.trace) * ((two.image.data[i] as number) / two.trace);
    return count === width ? sum : sum / count;
  };
  const shared = dot(x, y);
  return { alike: shared / Math.sqrt(dot(x, x) * dot(y, y)), lift: shared * width };
}
