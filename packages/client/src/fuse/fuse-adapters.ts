// SPDX-License-Identifier: Apache-2.0
/**
 * Several adapters as one that does the same. A runtime applies a pair as `b · (a · x) · scale · alpha / rank`, so the
 * sum over a stack is one pair again, its a and b the others' side by side along the rank:
 *
 *     Σ fᵢ · Bᵢ · Aᵢ  =  [ f₁B₁ | f₂B₂ ] · [ A₁ ; A₂ ]          fᵢ = scaleᵢ · alphaᵢ / rankᵢ
 *
 * The file has one alpha, and the runtime divides it by each tensor's own rank R: B is stored as `fᵢ · R / alpha · Bᵢ`.
 * alpha is chosen so that no factor is above 1, for nothing to overflow a half.
 */
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import {
  type Adapter,
  type AdapterContent,
  type AdapterTensor,
  dequantize,
  encodeTensorData,
  type FloatType,
  isFloatType,
  isTokenEmbedding,
  readTensorData,
} from "../formats/gguf/index.ts";
import { MAX_RANK } from "../manifest/index.ts";
import { quote } from "../names.ts";
import { concatColumns, concatRows } from "./concat.ts";
import { type Truncation, truncatePair } from "./truncate.ts";

export interface StackedAdapter {
  /** For messages. */
  name: string;
  adapter: Adapter;
  source: ByteSource;
  scale: number;
}

/** Makes the data of one tensor; called once, in the order of the file. */
export type TensorMaker = () => Promise<Uint8Array>;

export interface FusedStack {
  content: AdapterContent<TensorMaker>;
  /** The highest of its tensors'. */
  rank: number;
  /** What truncation lost; complete once every tensor was made. */
  losses: TensorLoss[];
}

export interface TensorLoss extends Truncation {
  tensor: string;
}

interface Part {
  tensor: AdapterTensor;
  source: ByteSource;
  /** alpha / rank and the user's scale, multiplied. */
  factor: number;
}

/**
 * @param maxRank above it a tensor is cut down to its strongest directions; of experts' tensors none is
 * @throws LoraError USAGE where nothing is left to fuse, ADAPTER_INVALID for adapters that do not fit together,
 *   RANK_TOO_HIGH
 */
export function fuseAdapters(stack: readonly StackedAdapter[], maxRank = MAX_RANK): FusedStack {
  const used = stack.filter(({ scale }) => scale !== 0);
  const [first] = used;
  if (first === undefined)
    throw new LoraError("USAGE", "there is nothing to fuse: no ability has a scale other than 0");
  for (const { name, adapter } of used) {
    if (adapter.architecture !== first.adapter.architecture)
      throw new LoraError(
        "ADAPTER_INVALID",
        `${name} is for ${quote(adapter.architecture)}, ${first.name} for ${quote(first.adapter.architecture)}`,
      );
    if (adapter.metadata["adapter.alora.invocation_tokens"] !== undefined)
      throw new LoraError("ADAPTER_INVALID", `${name} works from certain tokens on, which a sum cannot`);
  }
  const partsByBase = new Map<string, Part[]>();
  for (const { adapter, source, scale } of used) {
    for (const tensor of adapter.tensors) {
      const factor = (scale * adapter.alpha) / tensor.rank;
      const parts = partsByBase.get(tensor.base) ?? [];
      parts.push({ tensor, source, factor });
      partsByBase.set(tensor.base, parts);
    }
  }
  const alpha = Math.fround(
    Math.max(
      ...[...partsByBase.values()].flatMap((parts) => parts.map((p) => Math.abs(p.factor) * rankOf(parts))),
    ),
  );
  const losses: TensorLoss[] = [];
  let rank = 0;
  const tensors = [...partsByBase].map(([base, parts]) => {
    const fused = fuseTensor(base, parts, { alpha, maxRank, losses });
    rank = Math.max(rank, fused.rank);
    return fused.pair;
  });
  return { content: { architecture: first.adapter.architecture, alpha, tensors }, rank, losses };
}

/** The rank of the fused adapter, without reading more than headers. */
export function fusedRank(adapters: readonly Pick<Adapter, "tensors">[]): number {
  const ranks = new Map<string, number>();
  for (const { tensors } of adapters)
    for (const { base, rank } of tensors) ranks.set(base, (ranks.get(base) ?? 0) + rank);
  return Math.max(0, ...ranks.values());
}

function fuseTensor(
  base: string,
  parts: readonly Part[],
  { alpha, maxRank, losses }: { alpha: number; maxRank: number; losses: TensorLoss[] },
): { rank: number; pair: AdapterContent<TensorMaker>["tensors"][number] } {
  const [{ tensor }] = parts as [Part];
  assertSameShape(base, parts);
  const whole = rankOf(parts);
  const cut = whole > maxRank && tensor.experts === 1;
  const rank = cut ? maxRank : whole;
  if (rank > MAX_RANK)
    throw new LoraError("RANK_TOO_HIGH", `${quote(base)} would have rank ${rank}; ${MAX_RANK} is the limit`, {
      hint: `fuse with --max-rank ${MAX_RANK}`,
    });
  const isFlipped = isTokenEmbedding(base);
  const typeA = commonType(parts.map((part) => part.tensor.a.type));
  const typeB = commonType(parts.map((part) => part.tensor.b.type));
  const experts = tensor.experts > 1 ? [tensor.experts] : [];
  const dimsA = isFlipped ? [rank, tensor.inFeatures] : [tensor.inFeatures, rank, ...experts];
  const dimsB = [rank, tensor.outFeatures, ...experts];

  const readA = async () => {
    const blocks = await Promise.all(parts.map((part) => readFloats(part.source, part.tensor.a)));
    const ranks = parts.map((part) => part.tensor.rank);
    return isFlipped
      ? concatColumns(blocks, ranks)
      : concatRows(blocks, ranks, tensor.inFeatures, tensor.experts);
  };
  const readB = async () => {
    const blocks = await Promise.all(
      parts.map(async (part) =>
        scaled(await readFloats(part.source, part.tensor.b), (part.factor * rank) / alpha),
      ),
    );
    return concatColumns(
      blocks,
      parts.map((part) => part.tensor.rank),
    );
  };
  if (!cut) {
    const make = (type: FloatType, read: () => Promise<Float32Array>) => async () =>
      encodeTensorData(type, await read());
    return {
      rank,
      pair: {
        base,
        a: { dims: dimsA, type: typeA, data: make(typeA, readA) },
        b: { dims: dimsB, type: typeB, data: make(typeB, readB) },
      },
    };
  }
  let truncated: Promise<{ a: Float32Array; b: Float32Array }> | undefined;
  const truncate = () => {
    truncated ??= (async () => {
      const pair = truncatePair(await readA(), await readB(), {
        wholeRank: whole,
        rank,
        inFeatures: tensor.inFeatures,
        outFeatures: tensor.outFeatures,
        flipped: isFlipped,
      });
      losses.push({ tensor: base, ...pair.truncation });
      return pair;
    })();
    return truncated;
  };
  return {
    rank,
    pair: {
      base,
      a: { dims: dimsA, type: typeA, data: async () => encodeTensorData(typeA, (await truncate()).a) },
      b: {
        dims: dimsB,
        type: typeB,
        data: async () => {
          const { b } = await truncate();
          // Both halves were taken: nothing of this tensor is held on.
          truncated = undefined;
          return encodeTensorData(typeB, b);
        },
      },
    },
  };
}

function rankOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { tensor }) => sum + tensor.rank, 0);
}

/** What holds every part exactly; halves stay halves. */
function commonType(types: readonly string[]): FloatType {
  const [first] = types;
  return (first === "F16" || first === "BF16") && types.every((type) => type === first) ? first : "F32";
}

function assertSameShape(base: string, parts: readonly Part[]): void {
  const shape = ({ tensor }: Part) => `${tensor.inFeatures} ${tensor.outFeatures} ${tensor.experts}`;
  if (new Set(parts.map(shape)).size > 1)
    throw new LoraError("ADAPTER_INVALID", `the adapters have ${quote(base)} in two shapes`);
}

async function readFloats(source: ByteSource, info: AdapterTensor["a"]): Promise<Float32Array> {
  if (!isFloatType(info.type)) throw new LoraError("ADAPTER_INVALID", `${quote(info.name)} is ${info.type}`);
  return dequantize(info.type, await readTensorData(source, info));
}

function scaled(values: Float32Array, factor: number): Float32Array {
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
  return values;
}
