// SPDX-License-Identifier: Apache-2.0
/**
 * A `fetch` for one hub, which is a stranger's server. It sends the token to the hub's own origin alone (where a
 * redirect leads elsewhere, `fetch` itself leaves it out), and takes from an answer no more than it may have, for no
 * longer than it says something.
 */
import { LoraError } from "../errors.ts";
import type { HubAccess } from "./access.ts";

export interface HubFetchOptions {
  readonly fetch?: typeof globalThis.fetch;
  /** How long the hub may be silent. */
  readonly silenceMs?: number;
}

/** Of an answer of the API, and of a part of a file. A listing of 1,000 files has some 300 kB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** In an import: a listing that never ends has another page each time. */
const MAX_REQUESTS = 200;
const DEFAULT_SILENCE_MS = 30_000;

/** `streamed` answers are for the caller to bound; others are read at once, up to 8 MiB. */
export type HubFetch = (
  input: string | URL | Request,
  init?: RequestInit & { streamed?: boolean },
) => Promise<Response>;

/** @throws LoraError from each call, and from reading its answer: HUB_UNREACHABLE, HUB_PROTOCOL */
export function hubFetch(
  { endpoint, token }: HubAccess,
  { fetch = globalThis.fetch, silenceMs = DEFAULT_SILENCE_MS }: HubFetchOptions = {},
): HubFetch {
  const { origin } = new URL(endpoint);
  let requests = 0;
  return async (input, { streamed = false, ...init } = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // A link to the next page is the hub's to choose.
    if (url.origin !== origin) throw protocol(origin, `sends its own API's users to ${url.origin}`);
    requests += 1;
    if (requests > MAX_REQUESTS) throw protocol(origin, `needs more than ${MAX_REQUESTS} requests`);
    const headers = new Headers(init.headers);
    headers.delete("authorization");
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const watch = watchSilence(silenceMs);
    const failed = (cause: unknown) => {
      watch.stop();
      if (cause instanceof LoraError) return cause;
      const what = watch.signal.aborted ? `was silent for ${silenceMs / 1000} s` : "does not answer";
      return new LoraError("HUB_UNREACHABLE", `${origin} ${what}`, { cause });
    };
    try {
      const response = await fetch(url, { ...init, headers, signal: watch.signal });
      const body =
        response.body &&
        bounded(response.body, streamed ? Number.POSITIVE_INFINITY : MAX_ANSWER_BYTES, origin, watch, failed);
      const { status, statusText } = response;
      const answer = new Response(body, { status, statusText, headers: response.headers });
      if (streamed) return answer;
      const bytes = body === null ? null : await answer.arrayBuffer();
      return new Response(bytes, { status, statusText, headers: response.headers });
    } catch (cause) {
      throw failed(cause);
    }
  };
}

type Watch = ReturnType<typeof watchSilence>;

function bounded(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  origin: string,
  watch: Watch,
  failed: (cause: unknown) => LoraError,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        watch.heard();
        bytes += value?.length ?? 0;
        if (bytes > maxBytes) throw protocol(origin, `sends more than ${maxBytes} bytes in one answer`);
        if (!done) return controller.enqueue(value);
        watch.stop();
        controller.close();
      } catch (cause) {
        controller.error(failed(cause));
        await reader.cancel().catch(() => undefined);
      }
    },
    async cancel() {
      watch.stop();
      await reader.cancel().catch(() => undefined);
    },
  });
}

function watchSilence(silenceMs: number) {
  const controller = new AbortController();
  const begin = () => setTimeout(() => controller.abort(), silenceMs).unref();
  let timer = begin();
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = begin();
    },
    stop: () => clearTimeout(timer),
  };
}

export function protocol(who: string, what: string): LoraError {
  return new LoraError("HUB_PROTOCOL", `${who} ${what}`);
}
