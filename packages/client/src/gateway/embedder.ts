// SPDX-License-Identifier: Apache-2.0
/**
 * Embeddings come from a llama-server of their own: it has to be started for them, and it takes its scales from
 * `POST /lora-adapters` alone, for every request that follows. So it gets one request at a time, and its scales before.
 * It starts with the first request for an embedding, and ends when the stack gets an adapter that it does not have.
 */
import { LoraError } from "../errors.ts";
import { postJson } from "../runtime/llama-server/http.ts";
import { explicitScales } from "../runtime/llama-server/recipe.ts";
import { createSupervisor, type Lease, type ServerPlan, type SupervisorOptions } from "./supervisor.ts";

export interface Embedder {
  /** Gives `work` a server whose scales are these, for as long as it takes. */
  use<Result>(
    plan: ServerPlan,
    scalesFor: (adapters: readonly string[]) => number[],
    signal: AbortSignal,
    work: (lease: () => Promise<Lease>) => Promise<Result>,
  ): Promise<Result>;
  stop(): Promise<void>;
}

export function createEmbedder(start: SupervisorOptions["start"]): Embedder {
  const supervisor = createSupervisor({ start });
  let last: Promise<unknown> = Promise.resolve();
  let loaded: ServerPlan | undefined;
  /** Of which server, and which. */
  let applied = "";

  const prepare = async (
    plan: ServerPlan,
    scalesFor: (adapters: readonly string[]) => number[],
    signal: AbortSignal,
  ): Promise<Lease> => {
    if (loaded !== plan) await supervisor.replace(plan);
    loaded = plan;
    const lease = await supervisor.lease(signal);
    try {
      const scales = explicitScales(scalesFor(lease.adapters));
      const wanted = `${lease.server.process.pid} ${JSON.stringify(scales)}`;
      if (wanted !== applied && scales.length > 0) {
        const { status } = await postJson(lease.server, "/lora-adapters", scales, signal);
        if (status !== 200) throw new LoraError("RUNTIME_FAILED", "llama-server did not take the scales");
      }
      applied = wanted;
      return lease;
    } catch (error) {
      applied = "";
      lease.release();
      throw error;
    }
  };

  return {
    use(plan, scalesFor, signal, work) {
      const turn = last.then(() => work(() => prepare(plan, scalesFor, signal)));
      last = turn.catch(() => undefined);
      return turn;
    },
    stop: () => supervisor.stop(),
  };
}
