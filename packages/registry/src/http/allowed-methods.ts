// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { App, RequestContext } from "./context.ts";
import { answerError } from "./errors.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The methods that a path takes; none for one at which there is nothing. HEAD goes wherever GET does. */
export function allowedMethods(app: App, path: string): string[] {
  const taken = METHODS.filter((method) => {
    const [handlers] = app.router.match(method, path);
    // What is there for all methods stands in front of other handlers and answers nothing by itself.
    return handlers.some(([[, route]]) => route.method === method);
  });
  return taken.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

/** 405 with what RFC 9110 (15.5.6) asks for: the methods that would be taken. */
export function answerNotAllowed(c: RequestContext, allowed: readonly string[]): Response {
  c.header("allow", allowed.join(", "));
  return answerError(
    new LoraError("METHOD_NOT_ALLOWED", `${c.req.path} does not take ${c.req.method}`, {
      details: { allowed },
    }),
    c,
  );
}
