// SPDX-License-Identifier: Apache-2.0
/**
 * The gateway's HTTP side: OpenAI's API and llama-server's own endpoints, with abilities for models.
 *
 *     GET  /v1/models, /v1/models/NAME     what `model` may be
 *     GET  /health                         200 once a server answers
 *     GET  /lora/status                    what is applied, for `lora status`
 *     *                                    to llama-server, with the scales that `model` stands for
 */
import { LoraError } from "@lora/client/errors";
import type { Gateway } from "@lora/client/gateway";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { isAuthorized, isOwnHost } from "./access.ts";
import { errorBody } from "./errors.ts";
import { toStream } from "./stream.ts";

/** Images and sound travel in requests as text. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Nginx's for a client that is gone; nobody is there to read it. */
const CLIENT_CLOSED_REQUEST = 499;

export interface AppOptions {
  gateway: Gateway;
  /** Asked for as `Authorization: Bearer …` where it is set. */
  apiKey: string | undefined;
  /** Whether requests must name this machine: a page of another site must not reach a gateway on the loopback. */
  loopbackOnly: boolean;
}

export function createApp({ gateway, apiKey, loopbackOnly }: AppOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (loopbackOnly && !isOwnHost(c.req.header("host"), c.req.header("origin")))
      return c.json(errorBody(new LoraError("FORBIDDEN", "this gateway answers its own machine only")), 403);
    if (c.req.path !== "/health" && !isAuthorized(c.req.header("authorization"), apiKey))
      return c.json(errorBody(new LoraError("UNAUTHENTICATED", "the API key is missing or wrong")), 401);
    return next();
  });
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.json(errorBody(tooLarge()), 413) }));

  app.get("/health", (c) => {
    const ready = gateway.status().server !== undefined;
    return c.json(ready ? { status: "ok" } : errorBody(notReady()), ready ? 200 : 503);
  });
  app.get("/lora/status", (c) => c.json(gateway.status()));
  app.get("/v1/models", (c) => c.json({ object: "list", data: gateway.modelNames().map(modelObject) }));
  app.get("/models", (c) => c.json({ object: "list", data: gateway.modelNames().map(modelObject) }));
  app.get("/v1/models/:name{.+}", (c) => {
    const name = c.req.param("name");
    gateway.assertModel(name);
    return c.json(modelObject(name));
  });
  app.all("*", (c) => passOn(gateway, c));
  app.onError((error, c) => {
    if (c.req.raw.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    if (!(error instanceof LoraError)) console.error(error);
    const known = error instanceof LoraError ? error : new LoraError("INTERNAL", "a bug in lora");
    return Response.json(errorBody(known), { status: statusOf(known) });
  });
  return app;
}

async function passOn(gateway: Gateway, c: Context): Promise<Response> {
  const url = new URL(c.req.url);
  const leaving = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, leaving.signal]);
  const body = c.req.method === "POST" ? await readBody(c) : undefined;
  const answer = await gateway.answer({
    method: c.req.method,
    path: url.pathname,
    query: url.search,
    body,
    signal,
  });
  const headers = { "content-type": answer.contentType, "cache-control": "no-store" };
  if (answer.body instanceof Uint8Array)
    return new Response(answer.body as Uint8Array<ArrayBuffer>, { status: answer.status, headers });
  const stream = toStream(answer.body, () => leaving.abort());
  return new Response(stream, { status: answer.status, headers: { ...headers, "x-accel-buffering": "no" } });
}

async function readBody(c: Context): Promise<Record<string, unknown>> {
  const value: unknown = await c.req.json().catch(() => undefined);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new LoraError("JSON_INVALID", "the request's body is not a JSON object");
}

function modelObject(id: string) {
  return { id, object: "model", created: 0, owned_by: "lora" };
}

/** A gateway's client did nothing wrong when llama-server fails. */
function statusOf(error: LoraError): number {
  return error.code === "NOT_INSTALLED" ? 409 : error.kind.httpStatus;
}

const tooLarge = () =>
  new LoraError("PAYLOAD_TOO_LARGE", `the request is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB`);
const notReady = () => new LoraError("SERVICE_UNAVAILABLE", "llama-server is starting");
