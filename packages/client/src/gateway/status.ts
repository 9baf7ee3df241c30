// SPDX-License-Identifier: Apache-2.0
/** What `lora status` shows: JSON, read by a process of perhaps another version. */
import { z } from "zod";
import type { LoraError } from "../errors.ts";
import type { ServedStack } from "./served-stack.ts";
import type { ServerState } from "./supervisor.ts";

export const gatewayStatusSchema = z.object({
  pid: z.int(),
  directory: z.string(),
  startedAt: z.iso.datetime(),
  model: z.object({ name: z.string(), path: z.string(), fingerprint: z.string() }),
  /** What `default` stands for. */
  stack: z.array(z.object({ name: z.string(), version: z.string(), scale: z.number() })),
  appliedSince: z.iso.datetime(),
  /** Where `default` is one adapter. */
  fusedRank: z.int().optional(),
  /** Why the project as it is now cannot be served; what is told above is served instead. */
  refused: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Undefined while it starts. */
  server: z
    .object({ pid: z.int(), since: z.iso.datetime(), adapters: z.int(), activeRequests: z.int() })
    .optional(),
  llamaServer: z.string(),
  crashes: z.int(),
  /** Servers that end with their last request. */
  draining: z.int(),
  answered: z.int(),
});

export type GatewayStatus = z.output<typeof gatewayStatusSchema>;

export function describeGateway(state: {
  stack: ServedStack;
  since: Date;
  fused: { rank: number } | undefined;
  refusal: LoraError | undefined;
  startedAt: Date;
  answered: number;
  server: ServerState | undefined;
  crashes: number;
  draining: number;
  runtimeVersion: string;
}): GatewayStatus {
  const { stack, fused, refusal, server } = state;
  return {
    pid: process.pid,
    directory: stack.directory,
    startedAt: state.startedAt.toISOString(),
    model: stack.model,
    stack: stack.adapters.map(({ name, version, scale }) => ({ name, version, scale })),
    appliedSince: state.since.toISOString(),
    ...(fused === undefined ? {} : { fusedRank: fused.rank }),
    ...(refusal === undefined ? {} : { refused: { code: refusal.code, message: refusal.message } }),
    ...(server === undefined
      ? {}
      : {
          server: {
            pid: server.pid,
            since: server.startedAt.toISOString(),
            adapters: server.adapters.length,
            activeRequests: server.activeRequests,
          },
        }),
    llamaServer: state.runtimeVersion,
    crashes: state.crashes,
    draining: state.draining,
    answered: state.answered,
  };
}
