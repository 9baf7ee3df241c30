// SPDX-License-Identifier: Apache-2.0
/** Webhooks of a registry that is being served, by its API. Each request is made once: adding twice would make two. */
import { errorBodySchema } from "@lora/client/documents";
import { type ErrorCode, isErrorCode, LoraError } from "@lora/client/errors";
import { parseStrictJson, parseWith } from "@lora/client/json";
import { environmentFetch } from "@lora/client/registry-client";
import type { z } from "zod";
import {
  newWebhookSchema,
  removedWebhookSchema,
  testedWebhookSchema,
  webhooksResponseSchema,
} from "../webhooks/index.ts";
import type { WebhookPlace } from "./webhook.ts";

/** Longer than the registry takes for an attempt. */
const TIME_LIMIT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export function remoteWebhooks(registry: { url: URL; token: string }): WebhookPlace {
  const path = "/api/v1/webhooks";
  return {
    add: (request) => call(registry, newWebhookSchema, "POST", path, request),
    list: async () => (await call(registry, webhooksResponseSchema, "GET", path)).webhooks,
    remove: async (id) => void (await call(registry, removedWebhookSchema, "DELETE", `${path}/${id}`)),
    test: (id) => call(registry, testedWebhookSchema, "POST", `${path}/${id}/test`),
  };
}

/** @throws LoraError REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL, or the registry's own */
async function call<Schema extends z.ZodType>(
  { url: base, token }: { url: URL; token: string },
  schema: Schema,
  method: string,
  path: string,
  body?: unknown,
): Promise<z.output<Schema>> {
  const source = `the answer to ${method} ${path}`;
  const { isOk, bytes } = await send(new URL(path, base), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = parseWith(isOk ? schema : errorBodySchema, readJson(bytes, source), {
    code: "REGISTRY_PROTOCOL",
    source,
  });
  if (isOk) return answer as z.output<Schema>;
  const { code, message, hint } = (answer as z.output<typeof errorBodySchema>).error;
  if (!isErrorCode(code)) throw new LoraError("REGISTRY_PROTOCOL", `${source} is an error that is not known`);
  throw new LoraError(code as ErrorCode, printable(message), hint ? { hint: printable(hint) } : {});
}

async function send(url: URL, init: RequestInit): Promise<{ isOk: boolean; bytes: Uint8Array }> {
  try {
    const fetch = await environmentFetch();
    const response = await fetch(url, {
      ...init,
      redirect: "error",
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new Error("the answer is too large");
      chunks.push(chunk);
    }
    return { isOk: response.ok, bytes: Buffer.concat(chunks) };
  } catch (cause) {
    throw new LoraError("REGISTRY_UNREACHABLE", `the registry ${url.origin} does not answer`, { cause });
  }
}

function readJson(bytes: Uint8Array, source: string): unknown {
  try {
    return parseStrictJson(bytes, source);
  } catch (cause) {
    throw new LoraError("REGISTRY_PROTOCOL", `${source} is not JSON`, { cause });
  }
}

/** To a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "").slice(0, 4096);
}
