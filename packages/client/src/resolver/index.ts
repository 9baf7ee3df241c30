// SPDX-License-Identifier: Apache-2.0
export { MAX_CONCURRENT_FETCHES, type PackageSource } from "./catalog.ts";
export type { DerivationStep, DerivationTerm } from "./failure.ts";
export {
  MAX_EFFORT,
  type ResolveOptions,
  type ResolveRequest,
  type RuntimeLimits,
  type StackLimits,
} from "./request.ts";
export type { Resolution, ResolvedPackage, ScaleDisagreement, SkippedOptional } from "./resolution.ts";
export { resolve } from "./resolve.ts";
export type { SolverStats } from "./solver.ts";
export { stackOrder } from "./stack-order.ts";
