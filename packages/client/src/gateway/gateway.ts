// SPDX-License-Identifier: Apache-2.0
/**
 * A stack being served: requests name abilities, llama-server gets every adapter's scale with each of them. What the
 * project installs, removes and rescales while it runs is taken over without losing a request (`live-stack.ts`).
 */
import { LoraError } from "../errors.ts";
import type { HomeDirectories } from "../home/index.ts";
import { openLlamaServer } from "../runtime/llama-server/llama-server.ts";
import { locateLlamaServer } from "../runtime/llama-server/locate.ts";
import { explicitScales } from "../runtime/llama-server/recipe.ts";
import { DEFAULT_CONTEXT_TOKENS } from "../runtime/runtime.ts";
import { createEmbedder } from "./embedder.ts";
import { type EndpointKind, endpointKind } from "./endpoints.ts";
import type { FuseMode } from "./fused-default.ts";
import { createLiveStack, scalesIn } from "./live-stack.ts";
import { openPins } from "./pins.ts";
import { type RelayAnswer, relay } from "./relay.ts";
import { type AdapterScales, listModelNames, readServedStack, type ServedStack } from "./served-stack.ts";
import { describeGateway, type GatewayStatus } from "./status.ts";
import { createSupervisor, type ServerPlan } from "./supervisor.ts";
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

  const live = createLiveStack({
    supervisor,
    pins,
    storeDirectory,
    readStack: () => readServedStack(first.directory, directories),
    fuseMode: options.fuse ?? "auto",
    onApplied: (stack, fusedRank) => options.onEvent?.({ type: "applied", stack, fusedRank }),
    onRefused: (error) => options.onEvent?.({ type: "refused", error }),
  });
  const startedAt = new Date();
  let answered = 0;

  let unwatch = () => {};
  const stop = async () => {
    unwatch();
    const settled = live.stop();
    await supervisor.stop();
    await embedder.stop();
    await settled;
    await pins.remove();
  };
  try {
    await live.start();
  } catch (error) {
    await stop();
    throw error;
  }
  if (options.watch !== false) {
    unwatch = watchProject(first.directory, () => void live.follow());
    // What changed since it was read above.
    void live.follow();
  }

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
      if (kind !== "plain") scalesIn(live.view(), modelName);
      answered += 1;
      return send(kind, request, modelName, signal);
    },
    modelNames: () => listModelNames(live.view().stack),
    assertModel: (name) => void scalesIn(live.view(), name),
    stack: () => live.view().stack,
    status: () =>
      describeGateway({
        ...live.view(),
        refusal: live.refusal(),
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

  function send(
    kind: EndpointKind,
    { method, path, query, body }: GatewayRequest,
    modelName: string,
    signal: AbortSignal,
  ): Promise<RelayAnswer> {
    const passed = {
      method: method === "GET" ? ("GET" as const) : ("POST" as const),
      path: `${path}${query}`,
      signal,
      modelName: { from: ALIAS, to: modelName },
    };
    const lease = (bodyFor: (adapters: readonly string[]) => unknown) => () =>
      supervisor.lease(signal, bodyFor);
    if (kind === "plain") return relay({ ...passed, lease: lease(() => body) });
    if (kind === "generate") {
      const scales = stickyScales(() => scalesIn(live.view(), modelName));
      // With a seed, a second server gives the same answer when the first one dies in the middle of it.
      const seed = body?.seed ?? Math.floor(Math.random() * 2 ** 31);
      return relay({
        ...passed,
        lease: lease((adapters) => ({ ...body, seed, lora: explicitScales(scales(adapters)) })),
      });
    }
    return embedder.use(
      () => {
        const view = live.view();
        const scales = scalesIn(view, modelName);
        return { plan: view.plan, scales: (adapters) => inOrder(adapters, scales) };
      },
      signal,
      (prepared) => relay({ ...passed, lease: () => prepared(body) }),
    );
  }
}

/**
 * The scales of one request, for each server that it is asked of: the same as for the first one, as long as the server
 * has the adapters, so that an answer that was begun can go on.
 */
function stickyScales(fresh: () => AdapterScales): (adapters: readonly string[]) => number[] {
  let chosen: AdapterScales | undefined;
  return (adapters) => {
    const has = (scales: AdapterScales) =>
      [...scales].every(([name, scale]) => scale === 0 || adapters.includes(name));
    if (chosen === undefined || !has(chosen)) chosen = fresh();
    return inOrder(adapters, chosen);
  };
}

function inOrder(adapters: readonly string[], scales: AdapterScales): number[] {
  return adapters.map((name) => scales.get(name) ?? 0);
}
