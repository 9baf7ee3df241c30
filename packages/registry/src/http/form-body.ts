// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { RequestContext } from "./context.ts";
import { readBody } from "./request-body.ts";

const MAX_FORM_BYTES = 16 * 1024;

/** What a page's form sent. @throws LoraError USAGE, and as `readBody` */
export async function readForm(
  c: RequestContext,
  { stallMs, jsonBodyMs }: { stallMs: number; jsonBodyMs: number },
): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new LoraError("USAGE", "this takes a form");
  }
  const chunks: Uint8Array[] = [];
  const limits = { maxBytes: MAX_FORM_BYTES, stallMs, totalMs: jsonBodyMs };
  for await (const chunk of readBody(c.req.raw, limits)) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  // PostgreSQL has no text with one, and no keyboard types it.
  if ([...form.values()].some((value) => value.includes("\0"))) {
    throw new LoraError("USAGE", "the form has a NUL character in it");
  }
  return form;
}
