// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps one llama-server running with the adapters that are wanted, and another beside it for as long as a change takes:
 *
 *     wanted changes → start the next → it answers → new requests go to it → the old one's last request ends → it ends
 *     it dies        → start it again, after 0, 0.25, 0.5, 1 … 10 s
 *
 * A plan that does not load while another server runs changes nothing: the running one goes on.
 */
import { LoraError } from "../errors.ts";
import type { AdapterToLoad } from "../runtime/index.ts";
import type { LlamaServer } from "../runtime/llama-server/server.ts";

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** A server that has run for so long was sound: its end is the first failure, not the next one. */
const SOUND_AFTER_MS = 30_000;
/** From so many failed starts in a row on, requests are told why instead of kept waiting. */
const HOPELESS_AFTER = 3;

export interface ServerPlan {
  modelPath: string;
  /** Named by the sha256 of the file. */
  adapters: readonly AdapterToLoad[];
}

export interface Lease {
  server: LlamaServer;
  /** sha256 of each adapter, in the order of the server's ids. */
  adapters: readonly string[];
  /** What `bodyFor` gave for these adapters. */
  body: unknown;
  release(): void;
}

export interface ServerState {
  pid: number;
  startedAt: Date;
  adapters: readonly string[];
  activeRequests: number;
}

export interface Supervisor {
  /**
   * Resolves once new requests go to a server of this plan.
   * @param onCurrent called in the moment from which on they do
   * @throws LoraError when it does not load, or another plan was asked for meanwhile
   */
  replace(plan: ServerPlan, onCurrent?: () => void): Promise<void>;
  /**
   * The server for one request, which stays until the lease is released. Waits while there is none.
   * @param bodyFor called in the moment in which the server is chosen, with its adapters
   * @throws LoraError RUNTIME_FAILED with the server's own reason; `signal.reason`; what `bodyFor` throws
   */
  lease(signal: AbortSignal, bodyFor: (adapters: readonly string[]) => unknown): Promise<Lease>;
  current(): ServerState | undefined;
  /** How many times a server ended by itself. */
  crashes(): number;
  /** Servers that still answer old requests. */
  draining(): number;
  stop(): Promise<void>;
}

interface Generation {
  plan: ServerPlan;
  server: LlamaServer;
  adapters: readonly string[];
  startedAt: Date;
  leases: number;
  retired: boolean;
}

export interface SupervisorOptions {
  start: (plan: ServerPlan, signal: AbortSignal) => Promise<LlamaServer>;
  onCrash?: (error: LoraError) => void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const stopping = new AbortController();
  const live = new Set<Generation>();
  let wanted: ServerPlan | undefined;
  let onCurrent: (() => void) | undefined;
  let current: Generation | undefined;
  /** The newest plan that was seen to load. */
  let proven: ServerPlan | undefined;
  let working: Promise<void> | undefined;
  let failures = 0;
  let crashes = 0;
  /** Of a start; a server that ends later is only started again. */
  let lastFailure: LoraError | undefined;
  /** Settled anew whenever something changes that a waiter may wait for. */
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };

  const end = async (generation: Generation) => {
    await generation.server.stop();
    live.delete(generation);
  };
  const retire = (generation: Generation) => {
    generation.retired = true;
    if (generation.leases === 0) void end(generation);
  };

  const watch = (generation: Generation) => {
    void generation.server.process.exited.then(() => {
      if (generation.retired) return;
      generation.retired = true;
      void end(generation);
      if (current !== generation) return;
      current = undefined;
      crashes += 1;
      if (Date.now() - generation.startedAt.getTime() > SOUND_AFTER_MS) failures = 0;
      const log = generation.server.process.lastLines().slice(-20);
      options.onCrash?.(
        new LoraError("RUNTIME_FAILED", "llama-server ended by itself", { details: { log } }),
      );
      announce();
      work();
    });
  };

  const work = () => {
    working ??= reconcile().finally(() => {
      working = undefined;
      announce();
      if (!stopping.signal.aborted && wanted !== undefined && current?.plan !== wanted) work();
    });
  };

  const reconcile = async () => {
    while (!stopping.signal.aborted && wanted !== undefined && current?.plan !== wanted) {
      const plan = wanted;
      try {
        const server = await options.start(plan, stopping.signal);
        const adapters = plan.adapters.map(({ name }) => name);
        const next = { plan, server, adapters, startedAt: new Date(), leases: 0, retired: false };
        live.add(next);
        const old = current;
        current = next;
        proven = plan;
        if (plan === wanted) {
          onCurrent?.();
          onCurrent = undefined;
        }
        lastFailure = undefined;
        watch(next);
        if (old !== undefined) retire(old);
        announce();
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        lastFailure = asFailure(error);
        const isNewest = plan === wanted;
        const isNew = proven !== undefined && proven !== plan;
        if (isNewest && isNew) {
          wanted = proven;
          onCurrent = undefined;
        }
        announce();
        if (isNewest && !isNew) await delay(backoffMs(failures), stopping.signal);
      }
    }
    failures = current === undefined ? failures : 0;
  };

  return {
    async replace(plan, whenCurrent) {
      wanted = plan;
      onCurrent = whenCurrent;
      lastFailure = undefined;
      failures = 0;
      work();
      while (current?.plan !== plan) {
        stopping.signal.throwIfAborted();
        if (wanted !== plan)
          throw lastFailure ?? new LoraError("RUNTIME_FAILED", "another stack was asked for meanwhile");
        if (current === undefined && lastFailure !== undefined) throw lastFailure;
        await changed.promise;
      }
    },

    async lease(signal, bodyFor) {
      for (;;) {
        signal.throwIfAborted();
        stopping.signal.throwIfAborted();
        const generation = current;
        if (generation !== undefined && isAlive(generation)) {
          const body = bodyFor(generation.adapters);
          generation.leases += 1;
          let released = false;
          return {
            server: generation.server,
            adapters: generation.adapters,
            body,
            release() {
              if (released) return;
              released = true;
              generation.leases -= 1;
              if (generation.retired && generation.leases === 0) void end(generation);
            },
          };
        }
        if (failures >= HOPELESS_AFTER && lastFailure !== undefined) throw lastFailure;
        await orAborted(changed.promise, signal);
      }
    },

    current: () =>
      current === undefined
        ? undefined
        : {
            pid: current.server.process.pid,
            startedAt: current.startedAt,
            adapters: current.adapters,
            activeRequests: current.leases,
          },
    crashes: () => crashes,
    draining: () => [...live].filter((generation) => generation !== current).length,

    async stop() {
      stopping.abort(new LoraError("RUNTIME_FAILED", "the gateway is stopping"));
      announce();
      await working;
      for (const generation of live) generation.retired = true;
      await Promise.all([...live].map(end));
    },
  };
}

/** The end of a process is known here a moment before its last output is read. */
function isAlive({ server }: Generation): boolean {
  const { exitCode, signalCode } = server.process.child;
  return exitCode === null && signalCode === null;
}

function backoffMs(failures: number): number {
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}

function asFailure(error: unknown): LoraError {
  if (error instanceof LoraError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new LoraError("RUNTIME_FAILED", `llama-server could not be started: ${message}`, { cause: error });
}

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  await orAborted(new Promise((resolve) => setTimeout(resolve, milliseconds)), signal).catch(() => undefined);
}

async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    aborted.promise.catch(() => undefined);
  }
}
