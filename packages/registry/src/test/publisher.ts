// SPDX-License-Identifier: Apache-2.0
/** What a publisher does, a step at a time, so that a test can get any of them wrong. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bytesSource } from "@lora/client/byte-source";
import { type BaseFingerprint, fingerprintBase } from "@lora/client/fingerprint";
import { parseFileName, parsePackageName } from "@lora/client/names";
import { generateSigningKey, type SigningKey, signRelease } from "@lora/client/signing";
import { ORIGIN, sha256Hex, type TestRegistry } from "./registry.ts";

export const fixture = (path: string) =>
  readFile(fileURLToPath(new URL(`../../../../test/fixtures/tiny-say/${path}`, import.meta.url)));

export interface Draft {
  name?: string;
  version?: string;
  /** By name; lora.json is made from `manifest` unless it is here. */
  files?: Record<string, Uint8Array>;
  /** Laid over the manifest of a bundle without dependencies. */
  manifest?: Record<string, unknown>;
}

export interface Signed {
  name: string;
  version: string;
  path: string;
  bundle: string;
  id: string;
  files: Map<string, Uint8Array>;
}

const utf8 = new TextEncoder();

/** Signs a release, however wrong it is. `sizeOf` lies about sizes. */
export async function sign(
  key: SigningKey,
  { name = "@demo/pack", version = "1.0.0", files = {}, manifest = {} }: Draft,
  sizeOf: (file: string, bytes: Uint8Array) => number = (_file, bytes) => bytes.length,
): Promise<Signed> {
  const all = new Map(
    Object.entries({
      "lora.json": utf8.encode(JSON.stringify({ name, version, registry: ORIGIN, ...manifest })),
      ...files,
    }),
  );
  const { bundle, id } = await signRelease({
    name: parsePackageName(name),
    files: [...all].map(([file, bytes]) => ({
      name: parseFileName(file),
      sha256: sha256Hex(bytes),
      sizeBytes: sizeOf(file, bytes),
    })),
    privatePem: key.privatePem,
  });
  return { name, version, path: `/api/v1/packages/${name}/versions/${version}`, bundle, id, files: all };
}

export async function upload(registry: TestRegistry, { files }: Signed): Promise<void> {
  for (const bytes of files.values()) {
    const answer = await registry.send("PUT", `/api/v1/uploads/sha256/${sha256Hex(bytes)}`, bytes);
    if (answer.status !== 201) throw new Error(`upload: ${JSON.stringify(answer)}`);
  }
}

/** Signs, uploads and publishes. */
export async function publish(registry: TestRegistry, key: SigningKey, draft: Draft) {
  const signed = await sign(key, draft);
  await upload(registry, signed);
  const answer = await registry.send("PUT", signed.path, { bundle: signed.bundle });
  return { signed, answer };
}

export async function makeScope(registry: TestRegistry, scope = "@demo"): Promise<SigningKey> {
  const key = await generateSigningKey();
  const answer = await registry.send("POST", "/api/v1/scopes", { scope, publicKeyPem: key.publicPem });
  if (answer.status !== 201) throw new Error(`scope: ${JSON.stringify(answer)}`);
  return key;
}

let tinySay: Promise<BaseFingerprint> | undefined;
/** The base of the fixture's abilities: version 1, read from its smallest file. */
export function tinySayBase(): Promise<BaseFingerprint> {
  tinySay ??= fixture("v1/base-q4_0.gguf").then((bytes) =>
    fingerprintBase(bytesSource(bytes, "base-q4_0.gguf")),
  );
  return tinySay;
}

/** Tells the registry of tiny-say v1. */
export async function knowBase(registry: TestRegistry): Promise<string> {
  const { record, fingerprint } = await tinySayBase();
  const answer = await registry.send("PUT", `/api/v1/bases/${fingerprint}`, record);
  if (answer.status >= 300) throw new Error(`base: ${JSON.stringify(answer)}`);
  return fingerprint;
}

/** lora.json's entry for the fixture's `upper`, as `lora pack` writes it. */
export async function upperEntry(over: Record<string, unknown> = {}) {
  const { fingerprint } = await tinySayBase();
  return {
    file: "upper.gguf",
    format: "gguf",
    base: { name: "tiny-say v1", fingerprint },
    rank: 8,
    alpha: 16,
    targets: ["attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"],
    ...over,
  };
}
