// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { fuseStackApart } from "../fuse/index.ts";
import type { ServedStack } from "./served-stack.ts";

/** `auto`: where it pays and the runtime takes the rank. `always`: or else say why not. */
export type FuseMode = "auto" | "always" | "never";

/** The number of adapters costs, not their rank, up to about here (docs/serving.md). */
export const MAX_AUTO_RANK = 256;

export interface FusedDefault {
  /** What it is called among the adapters of a server; no sha256 is like it. */
  name: string;
  path: string;
  rank: number;
}

/**
 * The project's stack as one adapter; undefined where it is better served adapter by adapter.
 * @throws LoraError of `fuseStack`, where it must be fused
 */
export async function prepareFused(
  stack: ServedStack,
  storeDirectory: string,
  mode: FuseMode,
): Promise<FusedDefault | undefined> {
  const used = stack.adapters.filter(({ scale }) => scale !== 0);
  const rank = used.reduce((sum, adapter) => sum + adapter.rank, 0);
  if (mode === "never" || used.length === 0) return undefined;
  if (mode === "auto" && (used.length < 2 || rank > MAX_AUTO_RANK)) return undefined;
  try {
    const fused = await fuseStackApart({
      storeDirectory,
      adapters: used.map(({ name, sha256, path, scale }) => ({ name, sha256, path, scale })),
    });
    return { name: `fused-${fused.digest}`, path: fused.path, rank: fused.rank };
  } catch (error) {
    if (mode === "always" || !(error instanceof LoraError)) throw error;
    return undefined;
  }
}
