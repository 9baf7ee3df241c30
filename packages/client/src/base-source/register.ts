// SPDX-License-Identifier: Apache-2.0
import { type BaseRecord, encodeNorms } from "../fingerprint/index.ts";
import { digestFile } from "../publish/release-files.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { KnownBase } from "./known-base.ts";

/**
 * Tells a registry of a base: fingerprint, shapes, names, norms and, where a file was named, that build of it; never the
 * other weights.
 * A base that is known gets the names and the build added.
 * @param names what people shall find it by, besides its own
 */
export async function registerBase(
  registry: RegistryClient,
  base: KnownBase,
  names: readonly string[] = [],
): Promise<BaseRecord> {
  const { origin, quantization } = base;
  const record = { ...base.record, names: [...new Set([...names, base.name, ...base.record.names])] };
  const told =
    origin.kind === "file" && quantization !== undefined
      ? { ...record, builds: [{ ...(await digestFile(origin.path)), quantization }] }
      : record;
  await registry.putBase(told);
  if (base.norms !== undefined)
    await registry.putNorms(record.fingerprint, Uint8Array.from(encodeNorms(base.norms)));
  return told;
}
