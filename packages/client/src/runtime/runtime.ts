// SPDX-License-Identifier: Apache-2.0
/**
 * What runs a stack: one interface, two implementations, one conformance suite (test/conformance/runtime.test.ts).
 *
 * Both run llama.cpp in a process of its own. A model that makes C++ abort is an error here, never the end of the
 * caller, and `unload` gives every byte back.
 */

export type RuntimeKind = "llama-server" | "embedded";

export interface Runtime {
  readonly kind: RuntimeKind;
  /** As the program itself says it: llama.cpp's version for llama-server, the package's for node-llama-cpp. */
  readonly version: string;
  /** The executable, or the directory of the package. */
  readonly location: string;
  /**
   * Starts a process and waits until the model and every adapter are in memory.
   * @throws LoraError RUNTIME_FAILED with the runtime's own reason; FILE_NOT_FOUND or PERMISSION_DENIED for a file
   *   that cannot be read; USAGE for options that cannot hold; `signal.reason` when aborted
   */
  load(options: LoadOptions): Promise<LoadedModel>;
}

/** One adapter of the stack. */
export interface AdapterToLoad {
  /** What requests call it, unique in the stack: a package name. */
  name: string;
  /** Any path, also with colons, commas and blanks. */
  path: string;
  /** Strength where a request does not say otherwise: 1 unless given, 0 is "loaded but without effect". */
  scale?: number | undefined;
}

export interface LoadOptions {
  modelPath: string;
  adapters: readonly AdapterToLoad[];
  /** Compute threads; `chooseThreads()` unless given. */
  threads?: number | undefined;
  /** Prompt and answer together, at most what the model was trained for; DEFAULT_CONTEXT_TOKENS unless given. */
  contextTokens?: number | undefined;
  /** Further arguments for llama-server, from the user's own lora.json or command line. The embedded runtime has none. */
  extraArgs?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/** Models are trained for up to a million tokens and the memory is taken at once: start small. */
export const DEFAULT_CONTEXT_TOKENS = 4096;

export interface LoadedModel extends AsyncDisposable {
  /** The process that computes, for messages and for tests; owned by this object. */
  readonly pid: number;
  /**
   * Raw completion: the prompt is text for the tokenizer, no chat template. Requests may overlap; each has its own scales.
   * @throws LoraError RUNTIME_FAILED when the process ended or refused; PROMPT_TOO_LONG for the context;
   *   USAGE for a scale of an adapter that is not loaded; `signal.reason` when aborted
   */
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /**
   * The whole distribution of the next token, before any sampling: natural-log probabilities indexed by token id.
   * The two runtimes agree on it to about 1e-3 for the same weights: they are different builds of llama.cpp.
   * @throws as generate
   */
  nextToken(request: NextTokenRequest): Promise<Float32Array>;
  /** Ends the process and waits for its end. Requests in flight fail. May be called twice. */
  unload(): Promise<void>;
}

/** Strengths by adapter name, for one request; a name left out keeps the scale that it was loaded with. */
export type Scales = Readonly<Record<string, number>>;

export interface NextTokenRequest {
  prompt: string;
  scales?: Scales | undefined;
  signal?: AbortSignal | undefined;
}

export interface GenerateRequest extends NextTokenRequest {
  /** At least 1. */
  maxTokens: number;
  /** 0 takes the likeliest token each time. Above, top-k 40, top-p 0.95 and min-p 0.05 apply. */
  temperature: number;
  /** The answer ends before the first of them. */
  stop: readonly string[];
  /** The same seed gives the same text on the same runtime and machine, not across runtimes. */
  seed?: number | undefined;
  /** Called with each piece of the text; the pieces together are `text`. */
  onText?: ((chunk: string) => void) | undefined;
}

export interface GenerateResult {
  text: string;
  /** `stop`: a stop text; `end`: the model's own end; `length`: maxTokens or the context is used up. */
  stopReason: "stop" | "end" | "length";
  promptTokens: number;
  /** With the tokens of a stop text and of the model's end. */
  generatedTokens: number;
}

/** Of temperatures above 0, the same for both runtimes (they are llama-server's defaults). */
export const SAMPLING = { topK: 40, topP: 0.95, minP: 0.05 } as const;
