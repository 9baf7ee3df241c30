// SPDX-License-Identifier: Apache-2.0
/**
 * Requests to our own llama-server. `node:http` and not `fetch`: fetch gives up after five minutes without an answer,
 * which the first token of a long prompt can take on a small machine.
 */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";

export interface Endpoint {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly apiKey: string;
}

export interface JsonAnswer {
  status: number;
  body: unknown;
}

/** A connection per request: closing it is how a request is cancelled. */
const agent = new Agent({ keepAlive: false });

export async function getJson(endpoint: Endpoint, path: string, signal?: AbortSignal): Promise<JsonAnswer> {
  return readAnswer(await send(endpoint, "GET", path, undefined, signal));
}

export async function postJson(
  endpoint: Endpoint,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<JsonAnswer> {
  return readAnswer(await send(endpoint, "POST", path, body, signal));
}

/** The answer, still unread; destroying it cancels the request in the server. */
export async function send(
  { port, apiKey }: Endpoint,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const outgoing = request({
    host: "127.0.0.1",
    port,
    method,
    path,
    agent,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(text === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  outgoing.end(text);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  // Reset by a server that ends: whoever reads the answer sees it.
  outgoing.on("error", () => {});
  return incoming;
}

/** @throws SyntaxError when the body is no JSON */
export async function readAnswer(incoming: IncomingMessage): Promise<JsonAnswer> {
  incoming.setEncoding("utf8");
  let text = "";
  for await (const chunk of incoming) text += chunk;
  return { status: incoming.statusCode ?? 0, body: JSON.parse(text) };
}

/**
 * The payloads of a stream of server-sent events, one JSON value per event:
 *
 *     data: {"content":"H","stop":false}\n\n
 *
 * Comment lines (`:` pings) and other fields are passed over; an `error:` field counts as a payload, as older servers
 * report a failure in mid-stream that way.
 */
export async function* readEvents(incoming: IncomingMessage): AsyncGenerator<unknown> {
  incoming.setEncoding("utf8");
  let rest = "";
  for await (const chunk of incoming) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const payload = /^(?:data|error): ?(?<json>.+?)\r?$/.exec(line)?.groups?.json;
      if (payload !== undefined && payload !== "[DONE]") yield JSON.parse(payload);
    }
  }
}
