// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import { convertTensor, createRoom, type TensorPlan } from "./convert-tensor.ts";

/** Bytes that are read at once, unless a tensor alone is larger. */
export const MAX_RUN_BYTES = 2 * 1024 * 1024;

/** Tensors one behind another, in the weights as in the output: a layer has fourteen in two runs. */
interface Run {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly plans: readonly TensorPlan[];
}

/**
 * The data of each tensor in the given order, each valid until the next is asked for. Memory holds two runs of the
 * weights, one that is read while the other is converted, and is used again and again: to get as much as the file
 * has, page by page, would take as long as all the rest.
 * @throws LoraError as `convertTensor`, and what the weights throw
 */
export async function* convertTensors(
  weights: ByteSource,
  plans: readonly TensorPlan[],
): AsyncGenerator<Uint8Array, void, void> {
  const runs = findRuns(plans);
  const room = createRoom();
  const slots: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  const read = (i: number): Promise<Uint8Array> => {
    const run = runs[i];
    if (run === undefined) return Promise.resolve(new Uint8Array(0));
    const slot = i % 2 === 0 ? 0 : 1;
    if (slots[slot].length < run.sizeBytes)
      slots[slot] = new Uint8Array(Math.min(Math.max(run.sizeBytes, MAX_RUN_BYTES), weights.sizeBytes));
    const bytes = weights.read(run.offset, run.sizeBytes, slots[slot].subarray(0, run.sizeBytes));
    // Whoever stops early never awaits it; whoever goes on meets the failure in its turn.
    bytes.catch(() => undefined);
    return bytes;
  };
  let next = read(0);
  for (const [i, run] of runs.entries()) {
    const bytes = await next;
    next = read(i + 1);
    for (const plan of run.plans) {
      const start = plan.tensor.offset - run.offset;
      yield convertTensor(bytes.subarray(start, start + plan.tensor.sizeBytes), plan, weights.name, room);
    }
  }
}

function findRuns(plans: readonly TensorPlan[]): Run[] {
  const runs: { offset: number; sizeBytes: number; plans: TensorPlan[] }[] = [];
  for (const plan of plans) {
    const { offset, sizeBytes } = plan.tensor;
    const last = runs.at(-1);
    if (
      last !== undefined &&
      last.offset + last.sizeBytes === offset &&
      last.sizeBytes + sizeBytes <= MAX_RUN_BYTES
    ) {
      last.plans.push(plan);
      last.sizeBytes += sizeBytes;
    } else runs.push({ offset, sizeBytes, plans: [plan] });
  }
  return runs;
}
