// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../../errors.ts";
import type { BaseRecord } from "../../fingerprint/base-record.ts";
import { quote } from "../../names.ts";
import type { Adapter } from "./adapter.ts";
import { type AdapterTensor, isTokenEmbedding, shapeOf } from "./adapter-tensors.ts";
import { withoutTrailingOnes } from "./tensor-types.ts";

/**
 * Whether every tensor of an adapter has its place in a base. llama.cpp compares architecture, names and two
 * dimensions only: another number of experts makes it write out of bounds, and an adapter for the embedding of a
 * base that uses it as output too ends the process.
 * It says nothing of which weights the base has; that is what the fingerprint is for.
 * @throws LoraError BASE_UNFIT with the tensor and both shapes
 */
export function assertAdapterFitsBase(
  adapter: Pick<Adapter, "architecture" | "tensors">,
  record: Pick<BaseRecord, "architecture" | "tensors" | "tiedEmbedding">,
): void {
  if (adapter.architecture !== record.architecture)
    throw new LoraError(
      "BASE_UNFIT",
      `The adapter is for the architecture ${quote(adapter.architecture)}, the base has ${quote(record.architecture)}`,
      { details: { adapter: adapter.architecture, base: record.architecture } },
    );
  for (const tensor of adapter.tensors) assertTensorFits(tensor, record);
}

function assertTensorFits(
  tensor: AdapterTensor,
  { tensors, tiedEmbedding }: Pick<BaseRecord, "tensors" | "tiedEmbedding">,
): void {
  const { base, inFeatures, outFeatures, experts } = tensor;
  const dims = Object.hasOwn(tensors, base) ? tensors[base] : undefined;
  if (dims === undefined) {
    const reason = base === "output.weight" && tiedEmbedding ? ": its output is the token embedding" : "";
    throw unfit(tensor, undefined, `The base has no tensor ${quote(base)}${reason}`);
  }
  if (base === "token_embd.weight" && tiedEmbedding)
    throw unfit(
      tensor,
      dims,
      `The adapter changes ${quote(base)}, which this base also uses as its output; llama.cpp cannot apply that`,
    );
  const wanted = isTokenEmbedding(base) ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
  if (experts > 1 || dims.length > 2) wanted.push(experts);
  // llama.cpp drops trailing dimensions of 1 when it writes a file again, and so do records.
  const [x, y] = [wanted, dims].map((shape) => shapeOf({ dims: withoutTrailingOnes(shape) }));
  if (x === y) return;
  throw unfit(
    tensor,
    dims,
    `${quote(base)} is ${shapeOf({ dims })} in the base, and the adapter is made for ${shapeOf({ dims: wanted })}` +
      ` (lora_a ${shapeOf(tensor.a)}, lora_b ${shapeOf(tensor.b)})`,
  );
}

function unfit(
  { base, a, b }: AdapterTensor,
  baseDims: readonly number[] | undefined,
  message: string,
): LoraError {
  return new LoraError("BASE_UNFIT", message, {
    details: { tensor: base, base: baseDims ?? null, loraA: a.dims, loraB: b.dims },
  });
}
