// SPDX-License-Identifier: Apache-2.0
/**
 * Whose request it is, by address. Every proxy on the way appends the address that it saw:
 *
 *     X-Forwarded-For: 203.0.113.9, 198.51.100.1
 *
 * Only what the operator's own proxies appended can be believed: the last entry with one of them, the last but one with
 * two. Whatever stands before that the client may have written itself.
 */
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import type { AppEnv, RequestContext } from "./context.ts";

/** @param trustedProxies how many proxies of the operator's own every request has come through */
export function rememberAddress(trustedProxies: number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const address = trustedProxies > 0 ? forwardedAddress(c, trustedProxies) : socketAddress(c);
    if (address !== undefined) c.set("address", address);
    await next();
  };
}

function forwardedAddress(c: RequestContext, trustedProxies: number): string | undefined {
  const entries = (c.req.header("x-forwarded-for") ?? "").split(",").map((entry) => entry.trim());
  const address = entries.at(-trustedProxies) ?? "";
  return isIP(address) === 0 ? undefined : address;
}

/** Undefined where there is no connection: a test that calls the app itself. */
function socketAddress(c: RequestContext): string | undefined {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress;
}
