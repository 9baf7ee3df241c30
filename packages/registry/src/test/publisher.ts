// SPDX-License-Identifier: Apache-2.0
/** What a publisher does, a step at a time, so that a test can get any of them wrong. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bytesSource } from "@lora/client/byte-source";
import { type BaseFingerprint, fingerprintBase } from "@lora/client/fingerprint";
import { parseFileName, parsePackageName } from "@lora/client/names";
import { generateSigningKey, type SigningKey, signRelease } from "@lora/client/signing";
import { type Answer, ORIGIN, sha256Hex } from "./registry.ts";

export const fixture = (path: string) =>
  readFile(fileURLToPath(new URL(`../../../../test/fixtures/tiny-say/${path}`, import.meta.url)));

/** A registry's write API, in this process or another. Bytes and text are sent as they are, the rest as JSON. */
export interface Api {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** The API of a registry that listens somewhere. */
export function httpApi(url: string, token: string): Api {
  return {
    async send(method, path, body, headers = {}) {
      const isBytes = body instanceof Uint8Array;
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": isBytes ? "application/octet-stream" : "application/json",
          ...headers,
        },
        ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

export interface Draft {
  name?: string;
  version?: string;
  /** By name; lora.json is made from `manifest` unless it is here. */
  files?: Record<string, Uint8Array>;
  /** Laid over the manifest of a bundle without dependencies for the registry of the tests. */
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

export async function upload(registry: Api, { files }: Signed): Promise<void> {
  for (const bytes of files.values()) {
    const answer = await registry.send("PUT", `/api/v1/uploads/sha256/${sha256Hex(bytes)}`, bytes);
    if (answer.status !== 201) throw new Error(`upload: ${JSON.stringify(answer)}`);
  }
}

/** Signs, uploads and publishes. */
export async function publish(registry: Api, key: SigningKey, draft: Draft) {
  const signed = await sign(key, draft);
  await upload(registry, signed);
  const answer = await registry.send("PUT", signed.path, { bundle: signed.bundle });
  return { signed, answer };
}

export async function makeScope(registry: Api, scope = "@demo"): Promise<SigningKey> {
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
export async function knowBase(registry: Api): Promise<string> {
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
