// SPDX-License-Identifier: Apache-2.0
/**
 * Whose request it is, by address. Every proxy on the way appends the address that it saw:
 *
 *     X-Forwarded-For: 203.0.113.9, 198.51.100.1
 *
 * Only what the operator's own proxies appended can be believed: the last entry with one of them, the last but one with
 * two. Whatever stands before that the client may have written itself.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

/** @param trustedProxies how many proxies of the operator's own every request has come through */
export function rememberAddress(trustedProxies: number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
    const address = clientAddress(c.req.header("x-forwarded-for"), incoming, trustedProxies);
    if (address !== undefined) c.set("address", address);
    await next();
  };
}

/** @param incoming undefined where there is no connection: in a test that calls the app itself */
export function clientAddress(
  forwardedFor: string | string[] | undefined,
  incoming: IncomingMessage | undefined,
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return incoming?.socket?.remoteAddress;
  const entries = String(forwardedFor ?? "")
    .split(",")
    .map((entry) => entry.trim());
  const address = entries.at(-trustedProxies) ?? "";
  return isIP(address) === 0 ? undefined : address;
}
