// SPDX-License-Identifier: Apache-2.0
/**
 * What is served at this moment, and how a change of the project becomes that:
 *
 *     other scales, fewer abilities    at once
 *     a new adapter                    in the moment in which a server has it
 *     `default` as one fused adapter   afterwards; until then it is applied adapter by adapter
 *
 * The view changes in the same moment as the server that new requests go to, so that it never names an adapter that the
 * server lacks.
 */
import { LoraError } from "../errors.ts";
import { type FusedDefault, type FuseMode, prepareFused } from "./fused-default.ts";
import type { Pins } from "./pins.ts";
import { type AdapterScales, type ServedStack, scalesOf } from "./served-stack.ts";
import type { ServerPlan, Supervisor } from "./supervisor.ts";

export interface View {
  stack: ServedStack;
  since: Date;
  plan: ServerPlan;
  /** The name of the adapter that `default` is, where it was fused. */
  fused: { adapter: string; rank: number } | undefined;
}

export interface LiveStack {
  /** @throws LoraError of what does not load; nothing is served then */
  start(): Promise<void>;
  /** Looks at the project again, after the changes that are under way; what fails is in `refusal` and told. */
  follow(): Promise<void>;
  /** @throws LoraError RUNTIME_FAILED before `start` has ended */
  view(): View;
  /** Why the project as it is cannot be served. */
  refusal(): LoraError | undefined;
  /** No change is taken over any more; resolves when none is under way. */
  stop(): Promise<void>;
}

export interface LiveStackDeps {
  supervisor: Supervisor;
  pins: Pins;
  readStack: () => Promise<ServedStack>;
  storeDirectory: string;
  fuseMode: FuseMode;
  onApplied: (stack: ServedStack, fusedRank: number | undefined) => void;
  onRefused: (error: LoraError) => void;
}

export function createLiveStack(deps: LiveStackDeps): LiveStack {
  const { supervisor, pins, storeDirectory, fuseMode } = deps;
  let current: View | undefined;
  let refused: LoraError | undefined;
  let stopping = false;
  /** One change after another; fusing takes seconds for large adapters, and none waits for it. */
  let turn: Promise<void> = Promise.resolve();

  const show = (stack: ServedStack, plan: ServerPlan, fused: FusedDefault | undefined) => {
    current = {
      stack,
      plan,
      since: new Date(),
      fused: fused && { adapter: fused.name, rank: fused.rank },
    };
    deps.onApplied(stack, fused?.rank);
  };

  const load = async (stack: ServedStack, fused: FusedDefault | undefined) => {
    const adapters = new Map<string, { name: string; path: string; scale: number }>();
    const files = stack.adapters.map(({ sha256, path }) => ({ sha256, path }));
    if (fused !== undefined) files.push({ sha256: fused.name, path: fused.path });
    for (const file of files)
      adapters.set(file.sha256, { name: file.sha256, path: await pins.pin(file), scale: 0 });
    const plan = { modelPath: stack.model.path, adapters: [...adapters.values()] };
    await supervisor.replace(plan, () => show(stack, plan, fused));
    await pins.keep([...adapters.keys()]);
  };

  const change = async (stack: ServedStack): Promise<void> => {
    const loaded = new Set(current?.plan.adapters.map(({ name }) => name));
    const hasAll =
      current?.stack.model.fingerprint === stack.model.fingerprint &&
      current.plan.modelPath === stack.model.path &&
      stack.adapters.every(({ sha256 }) => loaded.has(sha256));
    if (hasAll) show(stack, current?.plan ?? { modelPath: stack.model.path, adapters: [] }, undefined);
    else await load(stack, undefined);
    void fuseLater(stack);
  };

  const fuseLater = async (stack: ServedStack): Promise<void> => {
    const fusing = prepareFused(stack, storeDirectory, fuseMode);
    await fusing.catch(() => undefined);
    await inTurn(async () => {
      const fused = await fusing;
      if (fused === undefined || current?.stack !== stack || stopping) return;
      const isLoaded = current.plan.adapters.some(({ name }) => name === fused.name);
      if (isLoaded) show(stack, current.plan, fused);
      else await load(stack, fused);
    });
  };

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work).catch((error: unknown) => {
      if (stopping) return;
      const failure = error instanceof LoraError ? error : new LoraError("INTERNAL", String(error));
      if (failure.message !== refused?.message) deps.onRefused(failure);
      refused = failure;
    });
    return turn;
  };

  return {
    async start() {
      const stack = await deps.readStack();
      await load(stack, await prepareFused(stack, storeDirectory, fuseMode));
    },
    follow: () =>
      inTurn(async () => {
        if (stopping) return;
        const stack = await deps.readStack();
        if (!isSameStack(stack, current?.stack)) await change(stack);
        refused = undefined;
      }),
    view() {
      if (current === undefined) throw new LoraError("RUNTIME_FAILED", "nothing is served yet");
      return current;
    },
    refusal: () => refused,
    stop() {
      stopping = true;
      return turn;
    },
  };
}

/** @throws LoraError NOT_FOUND, USAGE */
export function scalesIn({ stack, fused }: View, modelName: string): AdapterScales {
  const isDefault = modelName === "" || modelName === "default";
  return isDefault && fused !== undefined ? new Map([[fused.adapter, 1]]) : scalesOf(stack, modelName);
}

function isSameStack(one: ServedStack, other: ServedStack | undefined): boolean {
  const key = (stack: ServedStack | undefined) =>
    JSON.stringify([stack?.model, stack?.adapters, [...(stack?.abilities ?? [])]]);
  return key(one) === key(other);
}
