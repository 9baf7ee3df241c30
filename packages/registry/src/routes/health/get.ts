// SPDX-License-Identifier: Apache-2.0
import type { RequestContext } from "../../http/context.ts";

/** Whether the process answers at all: nothing behind it is asked. */
export function getHealth() {
  return (c: RequestContext) => c.json({ status: "ok" }, 200, { "cache-control": "no-store" });
}
