// SPDX-License-Identifier: Apache-2.0
/**
 * Against forms on strangers' pages that a visitor's browser sends here with the visitor's cookies. A browser says where a
 * form came from, in Sec-Fetch-Site or in Origin; what says neither is no browser with a session.
 */
import { LoraError } from "@lora/client/errors";
import type { RequestContext } from "./context.ts";

/** @param origin what the registry calls itself @throws LoraError FORBIDDEN */
export function assertSameOrigin(c: RequestContext, origin: string): void {
  const site = c.req.header("sec-fetch-site");
  if (site === "same-origin") return;
  const sender = c.req.header("origin");
  if (site === undefined && sender !== undefined && sender === origin) return;
  throw new LoraError("FORBIDDEN", "the form did not come from this registry's own pages");
}
