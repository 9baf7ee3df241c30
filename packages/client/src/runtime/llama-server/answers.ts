// SPDX-License-Identifier: Apache-2.0
/** What llama-server answers, as far as it is used. */
import { z } from "zod";
import { LoraError } from "../../errors.ts";
import { printable, promptTooLong } from "../failure.ts";

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

/** What `{"error":{…}}` means. */
export function refusal(body: unknown): LoraError {
  const parsed = errorSchema.safeParse(body);
  if (!parsed.success)
    return new LoraError("RUNTIME_FAILED", "llama-server's answer has another form than expected");
  const { message, n_prompt_tokens: promptTokens, n_ctx: contextTokens } = parsed.data.error;
  return promptTokens === undefined || contextTokens === undefined
    ? new LoraError("RUNTIME_FAILED", `llama-server refused the request: ${printable(message)}`)
    : promptTooLong({ promptTokens, contextTokens });
}
