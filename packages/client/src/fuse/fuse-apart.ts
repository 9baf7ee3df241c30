// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { isErrorCode, LoraError } from "../errors.ts";
import type { FusedFile, FuseRequest } from "./fused-file.ts";

export type FuseOutcome = { fused: FusedFile } | { failure: { code: string; message: string } };

/** `fuseStack` on a thread of its own: whoever serves requests meanwhile is not held up. */
export async function fuseStackApart(request: FuseRequest): Promise<FusedFile> {
  const script = fileURLToPath(new URL(`./fuse-worker${extname(import.meta.url)}`, import.meta.url));
  const worker = new Worker(script, { workerData: request });
  try {
    const [outcome] = (await once(worker, "message")) as [FuseOutcome];
    if ("fused" in outcome) return outcome.fused;
    const { code, message } = outcome.failure;
    throw isErrorCode(code) ? new LoraError(code, message) : new Error(message);
  } finally {
    await worker.terminate();
  }
}
