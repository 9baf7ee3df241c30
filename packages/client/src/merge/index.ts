// SPDX-License-Identifier: Apache-2.0
export { exportOllama, formatModelfile, type OllamaExport } from "./export-ollama.ts";
export { type AdapterToMerge, type MergeOutcome, type MergeRequest, mergeStack } from "./merge-stack.ts";
export { findQuantizer, type Quantizer } from "./quantizer.ts";
