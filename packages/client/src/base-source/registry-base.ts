// SPDX-License-Identifier: Apache-2.0
/** A base that is at hand nowhere, as a registry knows it. Its record is a stranger's, and checked as far as it can be. */
import { LoraError } from "../errors.ts";
import { assertBaseRecord, type Fingerprint, formatFingerprint } from "../fingerprint/index.ts";
import { quote } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { KnownBase } from "./known-base.ts";

/** @throws LoraError BASE_UNKNOWN, BASE_RECORD_INVALID, and what the registry throws */
export async function findBaseByFingerprint(
  registry: RegistryClient,
  fingerprint: Fingerprint,
): Promise<KnownBase> {
  const record = await registry.base(fingerprint);
  if (record === undefined)
    throw new LoraError("BASE_UNKNOWN", `${registry.url} does not know the base ${fingerprint}`, {
      details: { fingerprint },
    });
  assertBaseRecord(record);
  if (record.fingerprint !== fingerprint)
    throw new LoraError("REGISTRY_PROTOCOL", `${registry.url} answers with another base than ${fingerprint}`);
  return {
    origin: { kind: "registry", url: registry.url },
    record,
    name: record.names[0] ?? formatFingerprint(fingerprint),
    named: false,
    quantization: undefined,
    warnings: [],
  };
}

/**
 * The only base of a name. Names prove nothing, so where there are two, the user says which by its fingerprint.
 * @throws LoraError BASE_UNKNOWN, BASE_AMBIGUOUS, and as `findBaseByFingerprint`
 */
export async function findBaseByName(registry: RegistryClient, name: string): Promise<KnownBase> {
  const { bases } = await registry.bases({ name });
  const [only, ...others] = bases;
  if (only === undefined)
    throw new LoraError(
      "BASE_UNKNOWN",
      `${quote(name)} is neither a file here nor the name of a base at ${registry.url}`,
      { hint: "name the base by its GGUF file, or see which are known: lora base ls", details: { name } },
    );
  if (others.length > 0) {
    const list = bases.map(({ fingerprint, names }) => `  ${fingerprint}  ${names.join(", ")}`).join("\n");
    throw new LoraError(
      "BASE_AMBIGUOUS",
      `${bases.length} bases at ${registry.url} are called ${quote(name)}:\n${list}`,
      { hint: `name the one you mean by its fingerprint: ${only.fingerprint}`, details: { name, bases } },
    );
  }
  const spelled = only.names.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
  const found = await findBaseByFingerprint(registry, only.fingerprint);
  return { ...found, name: spelled, named: true };
}
