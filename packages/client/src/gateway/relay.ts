// SPDX-License-Identifier: Apache-2.0
/**
 * One request to whichever llama-server is there. A server that dies under a request does not take it along: the
 * request is asked again of the next server, and of a stream only what was not sent yet is passed on.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { LoraError } from "../errors.ts";
import { printable } from "../runtime/failure.ts";
import { send } from "../runtime/llama-server/http.ts";
import { answerId, createEventCutter, meaningOf, splitEvents } from "./event-stream.ts";
import type { Lease } from "./supervisor.ts";

/** The first one, and two more servers: a request that ends every server must not go on doing so. */
const MAX_ATTEMPTS = 3;
/** Between a broken connection and the end of the process being known. */
const REAPING_MS = 50;
/** A stream of which more was sent is not replayed. */
const MAX_REPLAY_BYTES = 8 * 1024 * 1024;

export interface RelayRequest {
  method: "GET" | "POST";
  /** With its query. */
  path: string;
  /** A server, with the request's body for it: the ids of adapters are its own. */
  lease: () => Promise<Lease>;
  signal: AbortSignal;
  /** Replaced in whatever is answered: the server's name of the model, and the one that was asked for. */
  modelName: { from: string; to: string } | undefined;
}

export interface RelayAnswer {
  status: number;
  contentType: string;
  /** Whole, or the events of a stream as they come. */
  body: Uint8Array | AsyncGenerator<Uint8Array, void, void>;
}

/** @throws LoraError RUNTIME_FAILED when no server answers; `signal.reason` when aborted; what `body` throws */
export async function relay(request: RelayRequest): Promise<RelayAnswer> {
  return attempt(request, async (open) => {
    const { incoming, lease } = await open();
    const contentType = headerOf(incoming.headers, "content-type");
    const rename = renamer(request.modelName);
    if (contentType.startsWith("text/event-stream") && incoming.statusCode === 200) {
      // Whoever is gone before the first event never starts the generator.
      request.signal.addEventListener("abort", lease.release, { once: true });
      return { status: 200, contentType, body: relayEvents(request, { incoming, lease }, rename) };
    }
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const whole = Buffer.concat(chunks);
      const body = contentType.startsWith("application/json") ? rename(whole) : whole;
      return { status: incoming.statusCode ?? 502, contentType, body };
    } finally {
      lease.release();
    }
  });
}

interface Opened {
  incoming: IncomingMessage;
  lease: Lease;
}

async function open(request: RelayRequest): Promise<Opened> {
  const lease = await request.lease();
  try {
    const { server, body } = lease;
    return { incoming: await send(server, request.method, request.path, body, request.signal), lease };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** Tries again what a server's death broke off, and nothing else. */
async function attempt<Result>(
  request: RelayRequest,
  work: (open: () => Promise<Opened>) => Promise<Result>,
  attemptsLeft = MAX_ATTEMPTS,
): Promise<Result> {
  for (let left = attemptsLeft; ; left -= 1) {
    try {
      return await work(() => open(request));
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof LoraError || !isBrokenConnection(error)) throw error;
      if (left <= 1)
        throw new LoraError("RUNTIME_FAILED", `llama-server ended while answering, ${MAX_ATTEMPTS} times`, {
          cause: error,
        });
      await new Promise((resolve) => setTimeout(resolve, REAPING_MS));
    }
  }
}

async function* relayEvents(
  request: RelayRequest,
  first: Opened,
  rename: (bytes: Buffer) => Buffer,
): AsyncGenerator<Uint8Array, void, void> {
  const sent: Buffer[] = [];
  let sentBytes = 0;
  let opened: Opened | undefined = first;
  for (let left = MAX_ATTEMPTS; ; left -= 1) {
    try {
      opened ??= await attempt(request, (openOne) => openOne(), left);
      const { incoming } = opened;
      for await (const bytes of eventsAfter(sent, incoming)) {
        const out = rename(bytes);
        sentBytes += out.length;
        if (sentBytes <= MAX_REPLAY_BYTES) sent.push(bytes);
        yield out;
      }
      return;
    } catch (error) {
      if (request.signal.aborted) return;
      const again =
        left > 1 &&
        sentBytes <= MAX_REPLAY_BYTES &&
        !(error instanceof LoraError) &&
        isBrokenConnection(error);
      if (!again) {
        yield errorEvent(error);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, REAPING_MS));
    } finally {
      opened?.incoming.destroy();
      opened?.lease.release();
      opened = undefined;
    }
  }
}

/** Whole events, without those that were sent before: they are compared instead. */
async function* eventsAfter(sent: readonly Buffer[], incoming: IncomingMessage): AsyncGenerator<Buffer> {
  const cut = createEventCutter();
  const before = splitEvents(Buffer.concat(sent).toString());
  const firstId = before[0] === undefined ? undefined : answerId(before[0]);
  let place = 0;
  let id: string | undefined;
  for await (const chunk of incoming) {
    const { whole, count } = cut(chunk as Buffer);
    if (count === 0) continue;
    if (before.length === 0) {
      yield whole;
      continue;
    }
    const fresh: string[] = [];
    for (const event of splitEvents(whole.toString())) {
      id ??= answerId(event);
      const old = before[place];
      place += 1;
      if (old === undefined) fresh.push(`${event}\n\n`);
      else if (meaningOf(event) !== meaningOf(old))
        throw new LoraError(
          "RUNTIME_FAILED",
          "llama-server ended in the middle of the answer, and its successor gave another one",
        );
    }
    if (fresh.length === 0) continue;
    const text = fresh.join("");
    const same = firstId === undefined || id === undefined;
    yield Buffer.from(same ? text : text.replaceAll(`"id":"${id}"`, `"id":"${firstId}"`));
  }
}

function errorEvent(error: unknown): Buffer {
  const message = error instanceof Error ? printable(error.message) : "the answer broke off";
  return Buffer.from(`data: ${JSON.stringify({ error: { message, type: "server_error", code: 502 } })}\n\n`);
}

/** `"model":"…"` with bare quotes cannot stand inside a text of the answer: there they are escaped. */
function renamer(names: RelayRequest["modelName"]): (bytes: Buffer) => Buffer {
  if (names === undefined) return (bytes) => bytes;
  const from = `"model":${JSON.stringify(names.from)}`;
  const to = `"model":${JSON.stringify(names.to)}`;
  return (bytes) => (bytes.includes(from) ? Buffer.from(bytes.toString().replaceAll(from, () => to)) : bytes);
}

const BROKEN = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ECONNABORTED"]);

function isBrokenConnection(error: unknown): boolean {
  return error instanceof Error && "code" in error && BROKEN.has(String(error.code));
}

function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "application/octet-stream";
}
