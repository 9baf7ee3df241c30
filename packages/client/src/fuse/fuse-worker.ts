// SPDX-License-Identifier: Apache-2.0
/** Runs as a thread: fuses what it is given, answers once. */
import { parentPort, workerData } from "node:worker_threads";
import type { FuseOutcome } from "./fuse-apart.ts";
import { type FuseRequest, fuseStack } from "./fused-file.ts";

const answer = (outcome: FuseOutcome) => parentPort?.postMessage(outcome);

fuseStack(workerData as FuseRequest).then(
  (fused) => answer({ fused }),
  ({ code = "", message = "" }: { code?: string; message?: string }) =>
    answer({ failure: { code, message } }),
);
