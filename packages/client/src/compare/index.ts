// SPDX-License-Identifier: Apache-2.0
export type { AdapterDeltas, Delta, DeltaTensor } from "./delta.ts";
export { type AdapterDiff, diffAdapters, ROUNDING, type TensorDiff } from "./diff-adapters.ts";
export { readGgufDeltas } from "./gguf-deltas.ts";
export type { Rows } from "./gram.ts";
export {
  FIGHT_ALIKE,
  FIGHT_LIFT,
  overlapStack,
  type PairOverlap,
  SAME_COSINE,
  type StackMember,
  type Verdict,
} from "./overlap.ts";
export type { TensorOverlap } from "./overlap-tensor.ts";
export { readPeftDeltas } from "./peft-deltas.ts";
export { writesToResidual } from "./residual.ts";
