// SPDX-License-Identifier: Apache-2.0
/** Bodies of requests: bounded in size and in time, whoever sends them. */
import { LoraError } from "@lora/client/errors";
import { parseStrictJson, parseWith } from "@lora/client/json";
import type { z } from "zod";
import type { RequestContext } from "./context.ts";

/** Of a body that holds one line of text, or less. */
export const MAX_NOTE_BODY_BYTES = 8 * 1024;

interface BodyLimits {
  maxBytes: number;
  /** Longest wait for the next chunk. */
  stallMs: number;
  /** Longest wait for everything; undefined for bodies that may rightly take long. */
  totalMs?: number;
}

/** @throws LoraError PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT; USAGE when the client goes away */
export async function* readBody(
  request: Request,
  { maxBytes, stallMs, totalMs = Number.POSITIVE_INFINITY }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const tooLarge = () =>
    new LoraError("PAYLOAD_TOO_LARGE", `the body is larger than ${maxBytes} bytes`, {
      details: { maxBytes },
    });
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  const deadline = performance.now() + totalMs;
  let received = 0;
  try {
    for (;;) {
      const { done, value } = await within(Math.min(stallMs, deadline - performance.now()), reader.read());
      if (done) return;
      received += value.length;
      if (received > maxBytes) throw tooLarge();
      yield value;
    }
  } finally {
    // The connection may be gone, or about to be closed: either way there is nobody to tell.
    reader.cancel().catch(() => {});
  }
}

async function within<Result>(milliseconds: number, read: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new LoraError("REQUEST_TIMEOUT", "the body of the request came too slowly")),
      Math.max(0, milliseconds),
    );
  });
  const ended = read.catch((cause: unknown) => {
    throw new LoraError("USAGE", "the request ended before its body did", { cause });
  });
  try {
    return await Promise.race([ended, timeout]);
  } finally {
    clearTimeout(timer);
    // Whichever lost the race may still fail, unheard.
    ended.catch(() => {});
  }
}

/** A body as text. @throws LoraError USAGE when it is not announced as JSON, and as `readBody` */
export async function readJsonText(
  c: RequestContext,
  maxBytes: number,
  limits: { jsonBodyMs: number; stallMs: number },
): Promise<Uint8Array> {
  const type = c.req.header("content-type");
  if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
    throw new LoraError("USAGE", "the body must be JSON", { hint: "send Content-Type: application/json" });
  }
  const chunks: Uint8Array[] = [];
  const body = readBody(c.req.raw, { maxBytes, stallMs: limits.stallMs, totalMs: limits.jsonBodyMs });
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A JSON body that matches a schema. Read strictly: a repeated key is refused, as it is in files. */
export async function readJson<Schema extends z.ZodType>(
  c: RequestContext,
  schema: Schema,
  maxBytes: number,
  limits: { jsonBodyMs: number; stallMs: number },
): Promise<z.output<Schema>> {
  const value = parseStrictJson(await readJsonText(c, maxBytes, limits), "the request's body");
  return parseWith(schema, value, { code: "USAGE", source: "the request's body" });
}
