// SPDX-License-Identifier: Apache-2.0
import type { MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { AppEnv } from "./context.ts";

/**
 * One line a request, when its answer begins. Paths hold no secrets; headers and bodies, which do, are never logged.
 * Reads that went well are for debugging: a busy registry would write little else.
 */
export function requestLog(log: Logger): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = performance.now();
    const child = log.child({ requestId: c.get("requestId") });
    c.set("log", child);
    await next();
    const { status } = c.res;
    const isQuietRead = (c.req.method === "GET" || c.req.method === "HEAD") && status < 400;
    child[isQuietRead ? "debug" : "info"](
      { method: c.req.method, path: c.req.path, status, ms: Math.round(performance.now() - began) },
      "request",
    );
  };
}
