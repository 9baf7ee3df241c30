// SPDX-License-Identifier: Apache-2.0
/** What llama-server answers, as far as it is used. */
import { z } from "zod";
import { contextExceeded } from "../failure.ts";

export const adapterListSchema = z.array(z.object({ id: z.int(), path: z.string() }));

const errorSchema = z.object({
  error: z.object({ message: z.string(), n_prompt_tokens: z.int().optional(), n_ctx: z.int().optional() }),
});

/** An event of a streamed completion; the last one has `stop: true` and the counts. */
export const completionEventSchema = z.object({
  content: z.string(),
  tokens: z.array(z.int()).default([]),
  stop: z.boolean(),
  stop_type: z.enum(["none", "eos", "limit", "word"]).optional(),
  tokens_evaluated: z.int().optional(),
  tokens_predicted: z.int().optional(),
});

export type CompletionEvent = z.output<typeof completionEventSchema>;

export const detokenizedSchema = z.object({ content: z.string() });

export const nextTokenSchema = z.object({
  completion_probabilities: z.tuple(
    [z.object({ top_logprobs: z.array(z.object({ id: z.int().min(0), logprob: z.number() })) })],
    z.unknown(),
  ),
});

/** The message of `{"error":{…}}`; undefined for anything else. */
export function errorMessage(body: unknown): string | undefined {
  const parsed = errorSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { message, n_prompt_tokens: promptTokens, n_ctx: contextTokens } = parsed.data.error;
  return promptTokens === undefined || contextTokens === undefined
    ? message
    : contextExceeded(promptTokens, contextTokens);
}
