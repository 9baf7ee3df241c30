// SPDX-License-Identifier: Apache-2.0
/**
 * drizzle-orm's ES modules re-export one another in circles, which costs Node 0.4 s and 150 MB at a start; its CommonJS
 * build is the same code and costs neither (docs/decisions/2026-11-23-registry-under-load.md). So whoever imports it, in
 * this process, gets that build. Before Node 22.15, which has no such hooks, it starts as slowly as before.
 */
import * as module from "node:module";

const SLOW = /^drizzle-orm(?:\/|$)/;

/** To be called before the first import of what imports drizzle-orm. */
export function loadDrizzleAsCommonJs(): void {
  module.registerHooks?.({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        SLOW.test(specifier) ? { ...context, conditions: ["node", "require", "default"] } : context,
      ),
  });
}
