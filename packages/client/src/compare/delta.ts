// SPDX-License-Identifier: Apache-2.0
/**
 * What an adapter adds to each tensor of its base, the *effective* delta:
 *
 *     Δ = s · B · A        s = alpha / rank, or what PEFT makes of it        [out, in], never formed
 *
 * Two adapters do the same if their deltas are the same, whatever rank, alpha and factors they have it from.
 */
import type { Rows } from "./gram.ts";

/** One product, with s in b. Experts have one each. */
export interface Delta {
  /** As many rows as the rank, each as long as the vectors that go in. */
  readonly a: Rows;
  /** The columns of `s · B`, each a row here. */
  readonly b: Rows;
}

export interface DeltaTensor {
  /** `blk.0.attn_q.weight`; of a PEFT adapter without its base, the module `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  readonly rank: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly experts: number;
  /**
   * The numbers, as many as `experts`.
   * @throws LoraError ADAPTER_INVALID or PEFT_INVALID for a value that is no finite number, and what the source throws
   */
  read(): Promise<Delta[]>;
}

export interface AdapterDeltas {
  /** What the tensors' names are: only names of one kind can be compared. */
  readonly naming: "gguf" | "peft";
  /** Of GGUF files. */
  readonly architecture: string | undefined;
  readonly rank: number;
  readonly alpha: number;
  /** Sorted. */
  readonly targets: readonly string[];
  /** In natural order. */
  readonly tensors: readonly DeltaTensor[];
}

const collator = new Intl.Collator("en", { numeric: true });

/** Layer 2 before layer 10. */
export function inNaturalOrder<Item extends { readonly name: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((x, y) => collator.compare(x.name, y.name));
}

/**
 * Rows of numbers as they lie in a file, or turned.
 * @param values from `start` on `count` × `length` of them, row by row, or column by column where `turned`
 * @returns undefined when one of them is no finite number
 */
export function rowsOf(
  values: Float32Array,
  {
    start,
    count,
    length,
    turned,
    factor,
  }: { start: number; count: number; length: number; turned: boolean; factor: number },
): Rows | undefined {
  const data = new Float64Array(count * length);
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < length; i += 1) {
      const value = values[start + (turned ? i * count + row : row * length + i)] as number;
      if (!Number.isFinite(value)) return undefined;
      data[row * length + i] = factor * value;
    }
  }
  return { data, count, length };
}
