// SPDX-License-Identifier: Apache-2.0
/**
 * What the embedded runtime and its worker process say to each other, over Node's own channel between a process and
 * its fork (structured clone). One `load`, then requests, each answered by `texts` and one `done` or `failed`.
 */
import type { ContextExcess } from "../failure.ts";
import type { GenerateResult } from "../runtime.ts";

export interface LoadMessage {
  type: "load";
  /** URL of node-llama-cpp's main module. */
  moduleUrl: string;
  modelPath: string;
  adapters: { path: string; scale: number }[];
  threads: number;
  contextTokens: number;
}

export interface GenerateMessage {
  type: "generate";
  id: number;
  prompt: string;
  /** One per adapter. */
  scales: number[];
  maxTokens: number;
  temperature: number;
  stop: string[];
  seed: number | undefined;
}

export interface NextTokenMessage {
  type: "next-token";
  id: number;
  prompt: string;
  scales: number[];
}

export type ToWorker =
  | LoadMessage
  /** Loads the library alone, to see whether it works on this machine. */
  | { type: "probe"; moduleUrl: string }
  | GenerateMessage
  | NextTokenMessage
  | { type: "abort"; id: number };

export type FromWorker =
  /** `llamaCpp`: llama.cpp's release, such as v0.5.0. */
  | { type: "ready"; llamaCpp: string }
  | { type: "text"; id: number; chunk: string }
  | { type: "done"; id: number; result: GenerateResult | Float32Array }
  /** Without an id: of `load` or `probe`. `log`: what llama.cpp complained of. `excess`: of a prompt that is too long. */
  | { type: "failed"; id?: number; message: string; log: string[]; excess?: ContextExcess };
