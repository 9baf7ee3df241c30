// SPDX-License-Identifier: Apache-2.0
export { exportLlamaServer } from "./llama-server.ts";
export { exportPeft, type PeftDirectory } from "./peft.ts";
export { exportVllm, type VllmExport } from "./vllm.ts";
