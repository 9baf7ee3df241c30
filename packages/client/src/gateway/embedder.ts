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

export interface EmbeddingStack {
  plan: ServerPlan;
  /** One for each adapter, in this order. */
  scales: (adapters: readonly string[]) => number[];
}

export interface Embedder {
  /**
   * Gives `work` a server with the scales of a stack, for as long as it takes.
   * @param stackNow called when the server is free for it
   */
  use<Result>(
    stackNow: () => EmbeddingStack,
    signal: AbortSignal,
    work: (lease: (body: unknown) => Promise<Lease>) => Promise<Result>,
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
    { plan, scales }: EmbeddingStack,
    signal: AbortSignal,
    body: unknown,
  ): Promise<Lease> => {
    if (loaded !== plan) await supervisor.replace(plan);
    loaded = plan;
    const lease = await supervisor.lease(signal, () => body);
    try {
      const list = explicitScales(scales(lease.adapters));
      const wanted = `${lease.server.process.pid} ${JSON.stringify(list)}`;
      if (wanted !== applied && list.length > 0) {
        const { status } = await postJson(lease.server, "/lora-adapters", list, signal);
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
    use(stackNow, signal, work) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        const stack = stackNow();
        return work((body) => prepare(stack, signal, body));
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    stop: () => supervisor.stop(),
  };
}
