// SPDX-License-Identifier: Apache-2.0
/** The one place where a failure becomes an answer: `{"error":{"code","message","hint","details"}}`. */
import { LoraError } from "@lora/client/errors";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { isDatabaseUnavailable } from "../database/index.ts";
import type { RequestContext } from "./context.ts";

const RETRY_AFTER_SECONDS = 2;

export function answerError(error: Error, c: RequestContext): Response {
  const known = asLoraError(error);
  const { httpStatus } = known.kind;
  if (httpStatus >= 500) c.get("log").error({ err: error }, known.message);
  c.header("cache-control", "no-store");
  if (httpStatus === 401) c.header("www-authenticate", "Bearer");
  if (httpStatus === 429)
    c.header("retry-after", String(known.details?.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  if (httpStatus === 503) c.header("retry-after", String(RETRY_AFTER_SECONDS));
  // Where the body was refused, the rest of it is not waited for.
  if (httpStatus === 408 || httpStatus === 413) c.header("connection", "close");
  return c.json({ error: known.toJSON() }, httpStatus as ContentfulStatusCode);
}

function asLoraError(error: Error): LoraError {
  if (error instanceof LoraError) return error;
  if (isDatabaseUnavailable(error)) {
    return new LoraError("SERVICE_UNAVAILABLE", "the registry cannot reach its database");
  }
  // A bug of ours. Its text may hold anything, a driver's holds bound parameters: it is logged, and only logged.
  return new LoraError(
    "INTERNAL",
    "the registry failed; its log says why, under this request's X-Request-Id",
  );
}

export function answerNotFound(c: RequestContext): Response {
  return answerError(notFound(`there is nothing at ${c.req.path}`), c);
}

export function notFound(message: string): LoraError {
  return new LoraError("NOT_FOUND", message);
}
