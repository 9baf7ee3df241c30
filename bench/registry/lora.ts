// SPDX-License-Identifier: Apache-2.0
/** `lora-registry serve` with one package of twenty versions; the last has a README of a megabyte. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fixture,
  httpApi,
  knowBase,
  makeScope,
  publish,
  upperEntry,
} from "../../packages/registry/dist/test/publisher.js";
import { sha256Hex } from "../../packages/registry/dist/test/registry.js";
import { type Contender, requestsFor, startServer } from "./contender.ts";
import { makeDatabase } from "./database.ts";

const BIN = join(import.meta.dirname, "..", "..", "packages", "registry", "bin", "lora-registry.js");
export const VERSIONS = Array.from({ length: 20 }, (_, i) => `1.${i}.0`);

/** @param databaseUrl of a server on which a database can be made; undefined for the embedded one */
export async function startLora(name: string, blob: Buffer, databaseUrl?: string): Promise<Contender> {
  const directory = await mkdtemp(join(tmpdir(), "lora-bench-"));
  const database = databaseUrl === undefined ? undefined : await makeDatabase(databaseUrl);
  // Twice: the first start of an embedded registry makes its database, which takes memory once.
  const start = () =>
    startServer(
      [
        BIN,
        "serve",
        "--port",
        "0",
        "--data",
        directory,
        "--origin",
        "http://bench.test",
        "--log-level",
        "warn",
      ],
      { DATABASE_URL: database?.url ?? "", S3_BUCKET: "", S3_ENDPOINT: "", LORA_RATE_LIMITS: "off" },
      /listens at (\S+)\n/,
    );
  const first = await start();
  const token = /lora_[0-9A-Za-z]{36}/.exec(first.output())?.[0] ?? "";
  await fill(first.url, token, blob);
  await first.stop();
  const server = await start();
  const path = (rest: string) => `${server.url}${rest}`;
  return {
    name,
    requests: await requestsFor({
      "index 200": path("/index/@bench/pack.json"),
      "blob of 1 MB": path(`/blobs/sha256/${sha256Hex(blob)}`),
      "version manifest": path(`/versions/@bench/pack/${VERSIONS.at(-1)}/lora.json`),
      search: path("/api/v1/search?q=pack"),
    }),
    memoryBytes: server.memoryBytes,
    async stop() {
      await server.stop();
      await database?.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function fill(url: string, token: string, blob: Buffer): Promise<void> {
  const api = httpApi(url, token);
  const key = await makeScope(api, "@bench");
  await knowBase(api);
  for (const version of VERSIONS) {
    const isLast = version === VERSIONS.at(-1);
    const { answer } = await publish(api, key, {
      name: "@bench/pack",
      version,
      files: { "upper.gguf": await fixture("v1/upper.gguf"), ...(isLast ? { "README.md": blob } : {}) },
      manifest: {
        registry: "http://bench.test",
        description: "Writes in capitals",
        license: "Apache-2.0",
        keywords: ["case", "capitals"],
        adapters: [await upperEntry()],
        ...(isLast ? { readme: "README.md" } : {}),
      },
    });
    if (answer.status !== 201) throw new Error(`publish: ${JSON.stringify(answer)}`);
  }
}
