// SPDX-License-Identifier: Apache-2.0
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";

/** @throws LoraError NOT_FOUND for what is no number */
export function webhookOfPath(c: RequestContext): number {
  const text = c.req.param("id") ?? "";
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw notFound(`there is no webhook ${JSON.stringify(text)}`);
}
