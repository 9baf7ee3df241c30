// SPDX-License-Identifier: Apache-2.0
/** HTTP as a registry's client needs it: bounded bodies, bounded waiting, retries, and errors in words. */
import { setTimeout as sleep } from "node:timers/promises";
import { errorBodySchema } from "../documents/index.ts";
import { type ErrorCode, isErrorCode, LoraError } from "../errors.ts";
import { environmentFetch } from "./environment-fetch.ts";
import { readMirrorFile } from "./mirror-file.ts";

/** Until the headers are there, and between two chunks of a body. */
export const STALL_TIMEOUT_MS = 30_000;
/** A document as large as it may be comes at least so fast; whoever drips it is given up, stalled or not. */
const SLOWEST_BYTES_PER_SECOND = 32 * 1024;
export const MAX_ATTEMPTS = 4;
/** Of the first pause between two attempts; doubles, with jitter. */
const FIRST_BACKOFF_MS = 250;
const LONGEST_RETRY_AFTER_MS = 20_000;
const MAX_ERROR_BODY_BYTES = 64 * 1024;
const RETRIED_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface HttpRequest {
  url: URL;
  method?: string;
  headers?: Record<string, string>;
  /** A function makes the body anew for each attempt. */
  body?: string | (() => RequestInit["body"]);
  /** How long the answer may take to begin once all is sent, where that is work. Default: STALL_TIMEOUT_MS. */
  answerMs?: number;
  /** Statuses that are answers, not errors. Default: 200 to 299. */
  accept?: (status: number) => boolean;
}

/**
 * Sends until an answer comes that is worth reporting. Only idempotent requests may be passed: all of the registry's are.
 * Redirects are followed without the Authorization header when they leave the origin (fetch's own rule).
 * @throws LoraError REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL, or the registry's own error
 */
export async function sendRequest(request: HttpRequest): Promise<Response> {
  if (request.url.protocol === "file:") return readMirrorFile(request);
  for (let attempt = 1; ; attempt++) {
    const last = attempt === MAX_ATTEMPTS;
    let response: Response;
    try {
      response = await sendOnce(request);
    } catch (cause) {
      // Nobody listens there: waiting a second does not make a registry start.
      if (last || isRefused(cause)) throw unreachable(request.url, cause);
      await pauseBeforeAttempt(attempt + 1);
      continue;
    }
    if (request.accept?.(response.status) ?? response.ok) return response;
    if (last || !RETRIED_STATUSES.has(response.status)) throw await answeredError(request, response);
    await response.body?.cancel();
    await sleep(retryAfterMs(response) ?? backoffMs(attempt));
  }
}

/** The whole body, as long as it keeps within `limitBytes` and the time that so many take. @throws LoraError REGISTRY_PROTOCOL, REGISTRY_UNREACHABLE */
export async function readBody(response: Response, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const deadlineMs = STALL_TIMEOUT_MS + (limitBytes / SLOWEST_BYTES_PER_SECOND) * 1000;
  for await (const chunk of readChunks(response, deadlineMs)) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw new LoraError(
        "REGISTRY_PROTOCOL",
        `the answer of ${response.url} is larger than ${limitBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The body as it comes; a stall or a broken connection is REGISTRY_UNREACHABLE.
 * @param deadlineMs for all of it; without, only a stall ends it
 */
export async function* readChunks(
  response: Response,
  deadlineMs = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const end = performance.now() + deadlineMs;
  try {
    for (;;) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error("the answer comes too slowly");
      let timer: NodeJS.Timeout | undefined;
      const stalled = new Promise<never>((_resolve, reject) => {
        const [ms, why] =
          leftMs < STALL_TIMEOUT_MS ? [leftMs, "the answer comes too slowly"] : [STALL_TIMEOUT_MS, "stalled"];
        timer = setTimeout(() => reject(new Error(why)), ms);
      });
      const { done, value } = await Promise.race([reader.read(), stalled]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw unreachable(new URL(response.url), cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function sendOnce(request: HttpRequest): Promise<Response> {
  const { url, method = "GET", headers = {}, body, answerMs = STALL_TIMEOUT_MS } = request;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("no answer")), answerMs);
  try {
    const made = typeof body === "function" ? body() : body;
    const content = made instanceof ReadableStream ? observed(made, () => timer.refresh()) : made;
    const fetch = await environmentFetch();
    return await fetch(url, {
      method,
      headers,
      signal: abort.signal,
      ...(content === undefined ? {} : { body: content, duplex: "half" }),
    } as RequestInit);
  } finally {
    clearTimeout(timer);
  }
}

/** However long a body takes: only a stall ends it. */
function observed(body: ReadableStream<Uint8Array>, onChunk: () => void): ReadableStream<Uint8Array> {
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onChunk();
      controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(watch);
}

async function answeredError(request: HttpRequest, response: Response): Promise<LoraError> {
  const what = `${request.method ?? "GET"} ${request.url.pathname}`;
  const text = await readBody(response, MAX_ERROR_BODY_BYTES).catch(() => new Uint8Array());
  const body = errorBodySchema.safeParse(tryJson(new TextDecoder().decode(text)));
  if (body.success && isErrorCode(body.data.error.code)) {
    const { code, message, hint, details } = body.data.error;
    const ownHint = code === "UNAUTHENTICATED" ? "log in again: lora login" : undefined;
    const shownHint = hint === undefined ? ownHint : printable(hint);
    return new LoraError(code as ErrorCode, printable(message), {
      ...(shownHint === undefined ? {} : { hint: shownHint }),
      ...(details === undefined ? {} : { details }),
    });
  }
  if (RETRIED_STATUSES.has(response.status)) {
    return new LoraError(
      "SERVICE_UNAVAILABLE",
      `${request.url.origin} answered ${response.status} to ${what}`,
    );
  }
  return new LoraError(
    "REGISTRY_PROTOCOL",
    `${request.url.origin} answered ${response.status} to ${what}, and it is no answer of a registry`,
    {
      hint: "check the address of the registry: lora doctor",
    },
  );
}

function unreachable(url: URL, cause: unknown): LoraError {
  if (cause instanceof LoraError) return cause;
  return new LoraError(
    "REGISTRY_UNREACHABLE",
    `the registry ${url.origin} does not answer: ${reasonOf(cause)}`,
    {
      hint: "check the address with lora doctor, or start one with lora-registry serve",
      cause,
    },
  );
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return "the connection failed";
  return printable("code" in inner && typeof inner.code === "string" ? inner.code : inner.message);
}

function isRefused(cause: unknown): boolean {
  const inner = cause instanceof Error ? cause.cause : undefined;
  return (
    inner instanceof Error && "code" in inner && (inner.code === "ECONNREFUSED" || inner.code === "ENOTFOUND")
  );
}

/** @param attempt the one that comes next, from 2 on */
export async function pauseBeforeAttempt(attempt: number): Promise<void> {
  await sleep(backoffMs(attempt - 1));
}

function backoffMs(attempt: number): number {
  return FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function retryAfterMs(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds)
    ? Math.min(Math.max(milliseconds, 0), LONGEST_RETRY_AFTER_MS)
    : undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A registry's text goes to a terminal: no control characters but the line feed, nothing that turns the direction. */
function printable(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, "").slice(0, 4096);
}
