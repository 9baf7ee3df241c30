// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from "node:http";
import { LoraError } from "../../errors.ts";
import { processFailure } from "../failure.ts";
import { type LoadPlan, planLoad } from "../load-plan.ts";
import {
  type GenerateRequest,
  type GenerateResult,
  type LoadedModel,
  type LoadOptions,
  type NextTokenRequest,
  type Runtime,
  SAMPLING,
} from "../runtime.ts";
import { resolveScales } from "../scales.ts";
import {
  adapterListSchema,
  type CompletionEvent,
  completionEventSchema,
  detokenizedSchema,
  nextTokenSchema,
  refusal,
} from "./answers.ts";
import { getJson, postJson, readAnswer, readEvents, send } from "./http.ts";
import { explicitScales } from "./recipe.ts";
import { type LlamaServer, startLlamaServer } from "./server.ts";

/** More than any vocabulary; the server gives what it has. */
const WHOLE_VOCABULARY = 1 << 24;
/**
 * The server leaves the distribution out when the token that it takes is no whole text, such as the first byte of a
 * character. Which one it takes does not change the distribution: it is that of before any sampling.
 */
const TAKE_A_WHOLE_TEXT = [["a", 1e6]];
const STOP_REASONS = { word: "stop", eos: "end", limit: "length", none: "length" } as const;

/** @param executable a llama-server that was asked for its version */
export function createLlamaServerRuntime(
  executable: string,
  version: string,
  env: NodeJS.ProcessEnv,
): Runtime {
  return {
    kind: "llama-server",
    version,
    location: executable,
    async load(options) {
      const { server, plan } = await openLlamaServer(executable, options, env);
      return createLoadedModel(server, plan);
    },
  };
}

/**
 * A llama-server that has just the adapters of `options`, in their order.
 * @throws LoraError as `Runtime.load`
 */
export async function openLlamaServer(
  executable: string,
  options: LoadOptions,
  env: NodeJS.ProcessEnv,
): Promise<{ server: LlamaServer; plan: LoadPlan }> {
  const plan = await planLoad(options, env);
  const server = await startLlamaServer(executable, plan, env);
  try {
    await assertAdapters(server, plan);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, plan };
}

/** An id of a request is a place in the server's list: with another list than ours, scales would hit the wrong adapter. */
async function assertAdapters(server: LlamaServer, plan: LoadPlan): Promise<void> {
  const { body } = await guarded(server, plan.signal, "listing its adapters", () =>
    getJson(server, "/lora-adapters", plan.signal),
  );
  const listed = adapterListSchema.safeParse(body);
  const expected = plan.adapters.map((_, i) => `${i}.gguf`);
  const isOurs = (path: string, i: number) => path.replace(/^.*[/\\]/, "") === expected[i];
  if (
    listed.success &&
    listed.data.length === expected.length &&
    listed.data.every(({ id, path }, i) => id === i && isOurs(path, i))
  ) {
    return;
  }
  throw new LoraError("RUNTIME_FAILED", "llama-server did not load the adapters that it was given", {
    details: { listed: body },
  });
}

function createLoadedModel(server: LlamaServer, { adapters }: LoadPlan): LoadedModel {
  return {
    pid: server.process.pid,
    unload: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),

    async generate(request) {
      const lora = explicitScales(resolveScales(adapters, request.scales));
      return generate(server, request, lora);
    },

    async nextToken({ prompt, scales, signal }: NextTokenRequest) {
      const lora = explicitScales(resolveScales(adapters, scales));
      const answer = await guarded(server, signal, "answering", () =>
        postJson(
          server,
          "/completion",
          {
            prompt,
            lora,
            n_predict: 1,
            temperature: 0,
            n_probs: WHOLE_VOCABULARY,
            logit_bias: TAKE_A_WHOLE_TEXT,
            post_sampling_probs: false,
            cache_prompt: false,
          },
          signal,
        ),
      );
      if (answer.status !== 200) throw refusal(answer.body);
      const parsed = nextTokenSchema.safeParse(answer.body);
      if (!parsed.success) throw refusal(answer.body);
      const tokens = parsed.data.completion_probabilities[0].top_logprobs;
      const logProbabilities = new Float32Array(tokens.length).fill(Number.NEGATIVE_INFINITY);
      for (const { id, logprob } of tokens) logProbabilities[id] = logprob;
      return logProbabilities;
    },
  };
}

async function generate(
  server: LlamaServer,
  { prompt, maxTokens, temperature, stop, seed, signal, onText }: GenerateRequest,
  lora: { id: number; scale: number }[],
): Promise<GenerateResult> {
  const events = streamCompletion(
    server,
    {
      prompt,
      lora,
      n_predict: maxTokens,
      temperature,
      top_k: SAMPLING.topK,
      top_p: SAMPLING.topP,
      min_p: SAMPLING.minP,
      stop,
      ...(seed === undefined ? {} : { seed }),
      stream: true,
    },
    signal,
  );
  let text = "";
  const emit = (chunk: string) => {
    text += chunk;
    if (chunk !== "") onText?.(chunk);
  };
  let heldBack: number[] = [];
  for await (const { content, tokens, stop: isLast, ...counts } of events) {
    emit(content);
    heldBack = content === "" ? [...heldBack, ...tokens] : [];
    if (!isLast) continue;
    if (counts.stop_type === "limit") emit(await textOf(server, heldBack, signal));
    return {
      text,
      stopReason: STOP_REASONS[counts.stop_type ?? "none"],
      promptTokens: counts.tokens_evaluated ?? 0,
      generatedTokens: counts.tokens_predicted ?? 0,
    };
  }
  throw new LoraError("RUNTIME_FAILED", "llama-server ended its answer in the middle");
}

/**
 * What could have been the beginning of a stop text is held back by the server, and never sent when the answer ends
 * there for want of room. A character of which only some bytes came stays away.
 */
async function textOf(
  server: LlamaServer,
  tokens: readonly number[],
  signal: AbortSignal | undefined,
): Promise<string> {
  if (tokens.length === 0) return "";
  const { body } = await guarded(server, signal, "answering", () =>
    postJson(server, "/detokenize", { tokens }, signal),
  );
  const parsed = detokenizedSchema.safeParse(body);
  if (!parsed.success) throw refusal(body);
  return parsed.data.content.replace(/\uFFFD+$/, "");
}

/** Leaving the loop early cancels the request in the server. */
async function* streamCompletion(
  server: LlamaServer,
  body: unknown,
  signal: AbortSignal | undefined,
): AsyncGenerator<CompletionEvent> {
  let incoming: IncomingMessage | undefined;
  try {
    signal?.throwIfAborted();
    incoming = await send(server, "POST", "/completion", body, signal);
    if (incoming.statusCode !== 200) throw refusal((await readAnswer(incoming)).body);
    for await (const event of readEvents(incoming)) {
      signal?.throwIfAborted();
      const parsed = completionEventSchema.safeParse(event);
      if (!parsed.success) throw refusal(event);
      yield parsed.data;
    }
  } catch (error) {
    throw await explain(server, signal, "answering", error);
  } finally {
    incoming?.destroy();
  }
}

/** How long a connection may be broken before the process counts as alive: a killed one is reaped in no time. */
const EXIT_GRACE_MS = 2000;

async function guarded<Value>(
  server: LlamaServer,
  signal: AbortSignal | undefined,
  doing: string,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    throw await explain(server, signal, doing, error);
  }
}

/** An error of the connection as what it means: the caller gave up, or the server is no more. */
async function explain(
  server: LlamaServer,
  signal: AbortSignal | undefined,
  doing: string,
  error: unknown,
): Promise<unknown> {
  if (signal?.aborted) return signal.reason;
  if (error instanceof LoraError) return error;
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(grace.resolve, EXIT_GRACE_MS);
  await Promise.race([server.process.exited, grace.promise]);
  clearTimeout(timer);
  return processFailure(server.process, doing, error);
}
