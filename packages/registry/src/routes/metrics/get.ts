// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from "node:crypto";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * For Prometheus, not for visitors: with the operator's secret where there is one, and from the machine itself where there
 * is none. To anybody else it is not there.
 */
export function getMetrics({ metrics, metricsToken, access }: Deps) {
  return async (c: RequestContext) => {
    // A proxy of the machine that the operator has not spoken of brings strangers.
    const isForwarded = access.trustedProxies === 0 && c.req.header("x-forwarded-for") !== undefined;
    const isAllowed =
      metricsToken === undefined
        ? !isForwarded && LOOPBACK.test(c.get("address") ?? "")
        : isSame(c.req.header("authorization") ?? "", `Bearer ${metricsToken}`);
    if (!isAllowed) throw notFound(`there is nothing at ${c.req.path}`);
    const { type, text } = await metrics.render();
    return c.body(text, 200, { "content-type": type, "cache-control": "no-store" });
  };
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
