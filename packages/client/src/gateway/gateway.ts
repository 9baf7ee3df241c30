// SPDX-License-Identifier: Apache-2.0
/**
 * A stack being served: requests name abilities, llama-server gets every adapter's scale with each of them. What the
 * project installs, removes and rescales while it runs is taken over without losing a request:
 *
 *     other scales, fewer abilities    at once
 *     a new adapter                    once a second llama-server has it; the first one ends with its last request
 *     `default` as one fused adapter   afterwards; until then it is applied adapter by adapter
 */
import { LoraError } from "../errors.ts";
import type { HomeDirectories } from "../home/index.ts";
import { openLlamaServer } from "../runtime/llama-server/llama-server.ts";
import { locateLlamaServer } from "../runtime/llama-server/locate.ts";
import { explicitScales } from "../runtime/llama-server/recipe.ts";
import { DEFAULT_CONTEXT_TOKENS } from "../runtime/runtime.ts";
import { createEmbedder } from "./embedder.ts";
import { type EndpointKind, endpointKind } from "./endpoints.ts";
import { type FuseMode, prepareFused } from "./fused-default.ts";
import { openPins } from "./pins.ts";
import { type RelayAnswer, relay } from "./relay.ts";
import {
  type AdapterScales,
  listModelNames,
  readServedStack,
  type ServedStack,
  scalesOf,
} from "./served-stack.ts";
import { describeGateway, type GatewayStatus } from "./status.ts";
import { createSupervisor, type Lease, type ServerPlan } from "./supervisor.ts";
import { watchProject } from "./watch-project.ts";

/** Requests that llama-server computes at the same time, each with the whole default context. */
export const DEFAULT_PARALLEL = 4;
/** The child's name for its model, which answers repeat. */
const ALIAS = "lora-gateway-model";

export interface GatewayOptions {
  /** Of the project, or below it. */
  directory: string;
  directories: HomeDirectories;
  storeDirectory: string;
  env: NodeJS.ProcessEnv;
  /** For llama-server, behind those of lora.json. */
  extraArgs?: readonly string[];
  /** Unless given, `default` is fused where its ranks allow. */
  fuse?: FuseMode;
  /** Whether changes of the project are followed. */
  watch?: boolean;
  onEvent?: (event: GatewayEvent) => void;
}

export type GatewayEvent =
  | { type: "applied"; stack: ServedStack; fusedRank: number | undefined }
  /** What was asked for cannot be served; what was served before still is. */
  | { type: "refused"; error: LoraError }
  | { type: "crashed"; error: LoraError };

export interface GatewayRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** With its question mark, or empty. */
  query: string;
  /** Of a POST, parsed; from whoever asks. */
  body: Record<string, unknown> | undefined;
  signal: AbortSignal;
}

export interface Gateway {
  /**
   * @throws LoraError NOT_FOUND for a model or endpoint that is not served, USAGE, RUNTIME_FAILED; `signal.reason`
   */
  answer(request: GatewayRequest): Promise<RelayAnswer>;
  modelNames(): string[];
  /** @throws LoraError NOT_FOUND, USAGE */
  assertModel(name: string): void;
  stack(): ServedStack;
  status(): GatewayStatus;
  /** Tells `lora status` where the gateway listens. */
  announce(url: string): Promise<void>;
  stop(): Promise<void>;
}

interface View {
  stack: ServedStack;
  since: Date;
  /** The name of the adapter that `default` is, where it was fused. */
  fused: { adapter: string; rank: number } | undefined;
}

/** @throws LoraError RUNTIME_NOT_FOUND, RUNTIME_FAILED with llama-server's reason, and as `readServedStack` */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { env, directories, storeDirectory } = options;
  const located = await locateLlamaServer(env);
  if (!located.found)
    throw new LoraError("RUNTIME_NOT_FOUND", `serving needs llama-server: ${located.reason}`, {
      hint: "install llama.cpp so that llama-server is on PATH, or name it in LORA_LLAMA_SERVER",
    });
  const first = await readServedStack(options.directory, directories);
  const pins = await openPins(first.directory);
  const argsOf = (extra: readonly string[]) => [
    ...["--parallel", String(DEFAULT_PARALLEL), "--alias", ALIAS],
    ...extra,
    ...first.runtimeArgs,
    ...(options.extraArgs ?? []),
  ];
  const start = (extra: readonly string[]) => async (plan: ServerPlan, signal: AbortSignal) => {
    const load = {
      ...plan,
      contextTokens: DEFAULT_PARALLEL * DEFAULT_CONTEXT_TOKENS,
      extraArgs: argsOf(extra),
      signal,
    };
    return (await openLlamaServer(located.executable, load, env)).server;
  };
  const supervisor = createSupervisor({
    start: start([]),
    onCrash: (error) => options.onEvent?.({ type: "crashed", error }),
  });
  // A causal model has no way of its own to make one vector of many; the user's --pooling comes later and wins.
  const embedder = createEmbedder(start(["--embeddings", "--pooling", "mean"]));

  const startedAt = new Date();
  let plan: ServerPlan | undefined;
  let view: View | undefined;
  let refusal: LoraError | undefined;
  let answered = 0;
  let stopping = false;
  const fuseMode = options.fuse ?? "auto";

  const planOf = async (stack: ServedStack, fused: { name: string; path: string } | undefined) => {
    const adapters = new Map<string, { name: string; path: string; scale: number }>();
    for (const { sha256, path } of stack.adapters)
      adapters.set(sha256, { name: sha256, path: await pins.pin({ sha256, path }), scale: 0 });
    if (fused !== undefined) {
      const path = await pins.pin({ sha256: fused.name, path: fused.path });
      adapters.set(fused.name, { name: fused.name, path, scale: 0 });
    }
    return { modelPath: stack.model.path, adapters: [...adapters.values()] };
  };
  const show = (stack: ServedStack, fused: View["fused"]) => {
    view = { stack, since: new Date(), fused };
    options.onEvent?.({ type: "applied", stack, fusedRank: fused?.rank });
  };
  const load = async (next: ServerPlan) => {
    await supervisor.replace(next);
    plan = next;
    await pins.keep(next.adapters.map(({ name }) => name));
  };

  const isCurrent = (stack: ServedStack) => view?.stack === stack;

  const loadFirst = async (stack: ServedStack): Promise<void> => {
    const fused = await prepareFused(stack, storeDirectory, fuseMode);
    await load(await planOf(stack, fused));
    show(stack, fused && { adapter: fused.name, rank: fused.rank });
  };

  const change = async (stack: ServedStack): Promise<void> => {
    const loaded = new Set(plan?.adapters.map(({ name }) => name));
    const hasAll =
      view?.stack.model.fingerprint === stack.model.fingerprint &&
      plan?.modelPath === stack.model.path &&
      stack.adapters.every(({ sha256 }) => loaded.has(sha256));
    if (!hasAll) await load(await planOf(stack, undefined));
    show(stack, undefined);
    void fuseLater(stack);
  };

  /** One change after another; fusing takes seconds for large adapters, and none waits for it. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work).catch((error: unknown) => {
      if (stopping) return;
      const failure = error instanceof LoraError ? error : new LoraError("INTERNAL", String(error));
      if (failure.message !== refusal?.message) options.onEvent?.({ type: "refused", error: failure });
      refusal = failure;
    });
    return turn;
  };
  const fuseLater = async (stack: ServedStack): Promise<void> => {
    const fusing = prepareFused(stack, storeDirectory, fuseMode);
    fusing.catch(() => undefined);
    await fusing.catch(() => undefined);
    await inTurn(async () => {
      const fused = await fusing;
      if (fused === undefined || !isCurrent(stack) || stopping) return;
      if (plan?.adapters.some(({ name }) => name === fused.name) !== true)
        await load(await planOf(stack, fused));
      if (isCurrent(stack)) show(stack, { adapter: fused.name, rank: fused.rank });
    });
  };
  const takeOver = () =>
    inTurn(async () => {
      if (stopping) return;
      const stack = await readServedStack(first.directory, directories);
      if (!isSameStack(stack, view?.stack)) await change(stack);
      refusal = undefined;
    });

  let unwatch = () => {};
  const stop = async () => {
    stopping = true;
    unwatch();
    await supervisor.stop();
    await embedder.stop();
    await turn;
    await pins.remove();
  };
  try {
    await loadFirst(first);
  } catch (error) {
    await stop();
    throw error;
  }
  if (options.watch !== false) {
    unwatch = watchProject(first.directory, () => void takeOver());
    // What changed since it was read above.
    void takeOver();
  }

  const present = (): View => {
    if (view === undefined) throw new LoraError("RUNTIME_FAILED", "nothing is served yet");
    return view;
  };
  const scalesFor = (name: string): AdapterScales => {
    const { stack, fused } = present();
    const isDefault = name === "" || name === "default";
    return isDefault && fused !== undefined ? new Map([[fused.adapter, 1]]) : scalesOf(stack, name);
  };

  return {
    async answer(request) {
      const kind = endpointKind(request.method, request.path);
      if (kind === undefined)
        throw new LoraError("NOT_FOUND", `there is nothing at ${request.method} ${request.path}`);
      const { body, signal } = request;
      const modelName = typeof body?.model === "string" ? body.model : "default";
      if (body?.lora !== undefined)
        throw new LoraError("USAGE", '"lora" is set by the gateway', {
          hint: 'name abilities in "model" instead, such as @a/b:0.5',
        });
      const scales = kind === "plain" ? new Map<string, number>() : scalesFor(modelName);
      answered += 1;
      return send(kind, request, scales, supervisor.lease, { body, signal, modelName });
    },
    modelNames: () => listModelNames(present().stack),
    assertModel: (name) => void scalesFor(name),
    stack: () => present().stack,
    status: () =>
      describeGateway({
        ...present(),
        refusal,
        startedAt,
        answered,
        server: supervisor.current(),
        crashes: supervisor.crashes(),
        draining: supervisor.draining(),
        runtimeVersion: located.version,
      }),
    announce: (url) => pins.announce(url),
    stop,
  };

  async function send(
    kind: EndpointKind,
    { method, path, query }: GatewayRequest,
    scales: AdapterScales,
    lease: (signal: AbortSignal) => Promise<Lease>,
    {
      body,
      signal,
      modelName,
    }: { body: Record<string, unknown> | undefined; signal: AbortSignal; modelName: string },
  ): Promise<RelayAnswer> {
    const base = {
      method: method === "GET" ? ("GET" as const) : ("POST" as const),
      path: `${path}${query}`,
      signal,
      modelName: { from: ALIAS, to: modelName },
    };
    if (kind === "plain") return relay({ ...base, lease, body: body === undefined ? undefined : () => body });
    if (kind === "generate") {
      // With a seed, a second server gives the same answer when the first one dies in the middle of it.
      const seed = body?.seed ?? Math.floor(Math.random() * 2 ** 31);
      const bodyFor = ({ adapters }: Lease) => ({
        ...body,
        seed,
        lora: explicitScales(scalesInOrder(adapters, scales)),
      });
      return relay({ ...base, lease, body: bodyFor });
    }
    const embedPlan = plan;
    if (embedPlan === undefined) throw new LoraError("RUNTIME_FAILED", "nothing is served yet");
    return embedder.use(
      embedPlan,
      (adapters) => scalesInOrder(adapters, scales),
      signal,
      (prepared) => relay({ ...base, lease: prepared, body: () => body }),
    );
  }
}

/** @throws LoraError RUNTIME_FAILED where the server lacks an adapter: the ability was removed under the request */
function scalesInOrder(adapters: readonly string[], scales: AdapterScales): number[] {
  for (const [name, scale] of scales) {
    if (scale !== 0 && !adapters.includes(name))
      throw new LoraError("NOT_INSTALLED", "an ability of this request was removed while it waited");
  }
  return adapters.map((name) => scales.get(name) ?? 0);
}

function isSameStack(one: ServedStack, other: ServedStack | undefined): boolean {
  const key = (stack: ServedStack | undefined) =>
    JSON.stringify([stack?.model, stack?.adapters, [...(stack?.abilities ?? [])]]);
  return key(one) === key(other);
}
