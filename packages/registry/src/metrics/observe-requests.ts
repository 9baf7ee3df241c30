// SPDX-License-Identifier: Apache-2.0
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppEnv } from "../http/context.ts";
import type { Metrics } from "./metrics.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

export function observeRequests(metrics: Metrics): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    metrics.observeRequest({
      // A client may write any word there.
      method: METHODS.has(c.req.method) ? c.req.method : "other",
      route: matchedRoutes(c).at(-1)?.path ?? "none",
      status: c.res.status,
      seconds: (performance.now() - began) / 1000,
    });
  };
}
