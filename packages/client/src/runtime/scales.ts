// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import type { AdapterToLoad, Scales } from "./runtime.ts";

/**
 * One scale per adapter, in the order of loading. Complete and explicit, because a runtime takes what is left out for
 * "as before" or "as at the start", never for "none".
 * @throws LoraError USAGE for a name that is not loaded or a scale that is no finite number
 */
export function resolveScales(adapters: readonly AdapterToLoad[], requested: Scales = {}): number[] {
  for (const name of Object.keys(requested)) {
    if (adapters.some((adapter) => adapter.name === name)) continue;
    throw new LoraError("USAGE", `no ability ${quote(name)} is loaded`, {
      details: { loaded: adapters.map((adapter) => adapter.name) },
    });
  }
  return adapters.map(({ name, scale }) => {
    const chosen = (Object.hasOwn(requested, name) ? requested[name] : scale) ?? 1;
    if (Number.isFinite(chosen)) return chosen;
    throw new LoraError("USAGE", `the scale of ${quote(name)} is ${chosen}, not a number`);
  });
}
