// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { compareNorms, type NormComparison, type NormsOfBase, readNormsFile } from "../fingerprint/index.ts";
import type { KnownBase } from "./known-base.ts";
import type { BaseSourceDeps } from "./read.ts";

/**
 * Whether two bases are one that was saved in two precisions. Of what only a registry knows, it is asked for the norms.
 * @throws LoraError BASE_UNKNOWN where there are no norms, NORMS_MISMATCH, and what the registry throws
 */
export async function compareBases(
  first: KnownBase,
  second: KnownBase,
  deps: BaseSourceDeps,
): Promise<NormComparison> {
  return compareNorms(await normsOf(first, deps), await normsOf(second, deps));
}

async function normsOf({ record, norms, name }: KnownBase, deps: BaseSourceDeps): Promise<NormsOfBase> {
  if (norms !== undefined) return { record, norms };
  const registry = await deps.registry();
  const bytes = await registry.norms(record.fingerprint);
  if (bytes === undefined)
    throw new LoraError("BASE_UNKNOWN", `${registry.url} has no norms of ${name}`, {
      hint: "name the base by its file, or register it from there: lora base add FILE",
    });
  return { record, norms: await readNormsFile(bytes, record) };
}
