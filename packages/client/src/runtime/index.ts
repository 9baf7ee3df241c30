// SPDX-License-Identifier: Apache-2.0
export {
  describeRuntimes,
  type FindRuntimeOptions,
  findRuntime,
  type RuntimeReport,
} from "./find-runtime.ts";
export {
  type AdapterToLoad,
  DEFAULT_CONTEXT_TOKENS,
  type GenerateRequest,
  type GenerateResult,
  type LoadedModel,
  type LoadOptions,
  type NextTokenRequest,
  type Runtime,
  type RuntimeKind,
  type Scales,
} from "./runtime.ts";
export { chooseThreads, MAX_THREADS } from "./threads.ts";
