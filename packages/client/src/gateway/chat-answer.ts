// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { refusal } from "../runtime/llama-server/answers.ts";
import { splitEvents } from "./event-stream.ts";
import type { Gateway } from "./gateway.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatRequest {
  /** As the gateway names them. */
  model: string;
  messages: readonly ChatMessage[];
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  signal: AbortSignal;
}

/**
 * The pieces of one answer, as they come.
 * @throws LoraError RUNTIME_FAILED with llama-server's words; NOT_FOUND, USAGE; `signal.reason` when aborted
 */
export async function* chatAnswer(gateway: Gateway, request: ChatRequest): AsyncGenerator<string> {
  const { model, messages, temperature, maxTokens, signal } = request;
  const answer = await gateway.answer({
    method: "POST",
    path: "/v1/chat/completions",
    query: "",
    body: {
      model,
      messages,
      stream: true,
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    },
    signal,
  });
  if (answer.body instanceof Uint8Array) throw refused(Buffer.from(answer.body).toString());
  for await (const bytes of answer.body) {
    for (const event of splitEvents(Buffer.from(bytes).toString())) {
      const payload = event.replace(/^data: /, "");
      if (payload === "[DONE]") continue;
      const parsed = parseEvent(payload);
      if (parsed.error !== undefined) throw refused(payload);
      const text = parsed.choices?.[0]?.delta?.content;
      if (typeof text === "string" && text !== "") yield text;
    }
  }
  // An answer that was broken off by its reader ends without a word.
  signal.throwIfAborted();
}

interface ChatEvent {
  error?: { message?: unknown };
  choices?: { delta?: { content?: unknown } }[];
}

function parseEvent(payload: string): ChatEvent {
  try {
    return JSON.parse(payload) as ChatEvent;
  } catch {
    throw new LoraError("RUNTIME_FAILED", "llama-server's answer is not JSON");
  }
}

function refused(text: string): LoraError {
  return refusal(parseEvent(text));
}
