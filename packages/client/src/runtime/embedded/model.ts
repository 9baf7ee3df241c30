// SPDX-License-Identifier: Apache-2.0
/** node-llama-cpp, used so that it answers as llama-server does. Runs in the worker process. */
import type { LlamaContextSequence, LlamaModel, Token } from "node-llama-cpp";
import { promptTooLong } from "../failure.ts";
import { type GenerateResult, SAMPLING } from "../runtime.ts";
import type { GenerateMessage, LoadMessage, NextTokenMessage } from "./protocol.ts";
import { createStopScanner } from "./stop-scanner.ts";

type NodeLlamaCpp = typeof import("node-llama-cpp");

export interface EmbeddedModel {
  readonly llamaCpp: string;
  generate(
    request: GenerateMessage,
    onText: (chunk: string) => void,
    signal: AbortSignal,
  ): Promise<GenerateResult>;
  nextToken(request: NextTokenMessage): Promise<Float32Array>;
}

/** A UTF-8 character has at most four bytes, so at most four byte tokens. */
const MAX_BYTE_TOKENS = 4;
const REPLACEMENT = "\uFFFD";
/** Before these the clean-up drops a blank. */
const CLEANED_UP = /^(?:[?!.,']|n't)/;

/** On the processor alone, from the ready-made build that was installed: nothing is compiled or downloaded. */
export async function openLlama(library: NodeLlamaCpp, onLog: (line: string) => void, threads = 1) {
  return library.getLlama({
    build: "never",
    gpu: false,
    skipDownload: true,
    progressLogs: false,
    logLevel: library.LlamaLogLevel.error,
    logger: (_level, message) => onLog(message.trimEnd()),
    maxThreads: threads,
  });
}

/** Loads model and adapters; a broken adapter fails here and not at the first request. */
export async function openModel(
  library: NodeLlamaCpp,
  options: LoadMessage,
  onLog: (line: string) => void,
): Promise<EmbeddedModel> {
  const llama = await openLlama(library, onLog, options.threads);
  const model = await llama.loadModel({ modelPath: options.modelPath });
  const contextSize = Math.min(options.contextTokens, model.trainContextSize);
  const anchor = model.tokenize("a");

  let current = await openSequence(options.adapters.map((adapter) => adapter.scale));

  /** A context has its adapters for life; its state was computed with them, so another stack begins with an empty one. */
  async function openSequence(scales: readonly number[]) {
    const context = await model.createContext({
      contextSize,
      threads: options.threads,
      lora: { adapters: mergeAdapters(options.adapters, scales) },
    });
    return { key: scales.join(), context, sequence: context.getSequence() };
  }

  async function sequenceFor(scales: readonly number[]): Promise<LlamaContextSequence> {
    if (current.key !== scales.join()) {
      await current.context.dispose();
      current = await openSequence(scales);
    }
    return current.sequence;
  }

  function tokenizePrompt(prompt: string): Token[] {
    const tokens = tokenizeAsServer(model, prompt);
    if (tokens.length >= contextSize)
      throw promptTooLong({ promptTokens: tokens.length, contextTokens: contextSize });
    return tokens;
  }

  /**
   * As llama-server does it, token by token: behind other text, so that a leading blank is kept, and with the blank
   * that the clean-up of some tokenizers (Llama 3's) takes from tokens such as ` !=`.
   */
  function textOf(tokens: Token[]): string {
    const text = model.detokenize(tokens, false, anchor);
    if (tokens.length > 1 || !CLEANED_UP.test(text)) return text;
    const withBlank = model.tokenize(` ${text}`);
    return withBlank.length === 1 && withBlank[0] === tokens[0] ? ` ${text}` : text;
  }

  return {
    llamaCpp: llama.llamaCppRelease.release,

    async generate(request, onText, signal) {
      const prompt = tokenizePrompt(request.prompt);
      const sequence = await sequenceFor(request.scales);
      // What the last request had in common is computed already, but the last token must be there to go on from.
      await sequence.adaptStateToTokens(prompt.slice(0, -1), false);

      const limit = Math.min(request.maxTokens, contextSize - prompt.length);
      const scanner = createStopScanner(request.stop);
      let text = "";
      const emit = (chunk: string) => {
        text += chunk;
        if (chunk !== "") onText(chunk);
      };
      let pending: Token[] = [];
      let generatedTokens = 0;
      let stopReason: GenerateResult["stopReason"] = "length";

      const tokens = sequence.evaluate(prompt.slice(sequence.nextTokenIndex), {
        temperature: request.temperature,
        ...SAMPLING,
        ...(request.seed === undefined ? {} : { seed: request.seed }),
        yieldEogToken: true,
      });
      for await (const token of tokens) {
        signal.throwIfAborted();
        generatedTokens++;
        if (model.isEogToken(token)) {
          stopReason = "end";
          break;
        }
        pending.push(token);
        const piece = textOf(pending);
        const isCut = piece.endsWith(REPLACEMENT) && pending.length < MAX_BYTE_TOKENS;
        if (!isCut) {
          pending = [];
          emit(scanner.push(piece));
          if (scanner.stopped) {
            stopReason = "stop";
            break;
          }
        }
        if (generatedTokens >= limit) break;
      }
      emit(scanner.flush());
      return { text, stopReason, promptTokens: prompt.length, generatedTokens };
    },

    async nextToken(request) {
      const prompt = tokenizePrompt(request.prompt);
      const sequence = await sequenceFor(request.scales);
      await sequence.clearHistory();
      const last = prompt.at(-1);
      if (last === undefined) throw new Error("the prompt has no tokens");
      const outputs = await sequence.controlledEvaluate([
        ...prompt.slice(0, -1),
        [last, { generateNext: { logits: true } }],
      ]);
      const logits = outputs.at(-1)?.next.logits;
      if (logits === undefined) throw new Error("llama.cpp gave no logits");
      return logSoftmax(logits);
    },
  };
}

/** One entry per file: llama.cpp keeps one scale per adapter, so a file that is in the stack twice counts with the sum. */
function mergeAdapters(adapters: LoadMessage["adapters"], scales: readonly number[]) {
  const byPath = new Map<string, number>();
  for (const [i, { path }] of adapters.entries()) {
    byPath.set(path, (byPath.get(path) ?? 0) + (scales[i] ?? 0));
  }
  return [...byPath].map(([filePath, scale]) => ({ filePath, scale }));
}

/** As `/completion` does: the model's own begin and end tokens, and control tokens that the prompt spells out. */
function tokenizeAsServer(model: LlamaModel, prompt: string): Token[] {
  const { bos, eos, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
  return [
    ...(shouldPrependBosToken && bos !== null ? [bos] : []),
    ...model.tokenize(prompt, true),
    ...(shouldAppendEosToken && eos !== null ? [eos] : []),
  ];
}

function logSoftmax(logits: ReadonlyMap<Token, number>): Float32Array {
  const result = new Float32Array(logits.size);
  for (const [token, logit] of logits) result[token] = logit;
  const highest = result.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const logit of result) sum += Math.exp(logit - highest);
  const shift = highest + Math.log(sum);
  return result.map((logit) => logit - shift);
}
