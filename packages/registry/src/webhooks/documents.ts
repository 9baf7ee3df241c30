// SPDX-License-Identifier: Apache-2.0
/** What is asked of the API, and what it answers. */
import { isScopeName, type ScopeName } from "@lora/client/names";
import { z } from "zod";
import { WEBHOOK_EVENTS } from "./event.ts";

const events = z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length);
const scope = z.string().refine(isScopeName, "is not a scope name") as unknown as z.ZodType<
  ScopeName,
  string
>;
/** Shown in terminals. */
const line = z
  .string()
  .max(4000)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u);

export const addWebhookRequestSchema = z.strictObject({
  url: z.string(),
  /** All, where they are left out. */
  events: events.optional(),
  /** Everything that happens anywhere, where it is left out. */
  scope: scope.optional(),
});

export const webhookSchema = z.object({
  id: z.int(),
  url: line,
  events: events.optional(),
  scope: scope.optional(),
  createdAt: line,
  /** Since its receiver answered 410: nothing is sent any more. */
  disabledAt: line.optional(),
  lastAttemptAt: line.optional(),
  lastOutcome: line.optional(),
  /** Attempts that failed since one did not. */
  failures: z.int(),
  /** Events that are still to be delivered. */
  waiting: z.int(),
  /** Of the last days. */
  delivered: z.int(),
  givenUp: z.int(),
});
/** `secret` is shown this once. */
export const newWebhookSchema = webhookSchema.extend({ secret: line });
export const webhooksResponseSchema = z.object({ webhooks: z.array(webhookSchema) });
export const removedWebhookSchema = z.object({ id: z.int() });
export const testedWebhookSchema = z.object({ id: z.int(), outcome: line });

export type WebhookInfo = z.output<typeof webhookSchema>;
export type NewWebhook = z.output<typeof newWebhookSchema>;
