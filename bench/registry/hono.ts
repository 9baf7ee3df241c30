// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, type Contender, KINDS, type Kind, requestsFor, startServer } from "./contender.ts";

const SENT = ["content-type", "etag", "cache-control"];

/** The very bytes and headers of another contender's answers, by hono from memory. */
export async function startBareHono(like: Contender): Promise<Contender> {
  const directory = await mkdtemp(join(tmpdir(), "lora-bench-hono-"));
  const file = join(directory, "documents.json");
  const documents: Record<string, object> = {};
  for (const kind of KINDS.filter((each) => each !== "index 304")) {
    const { body, headers } = await ask(like.requests[kind]);
    const kept = SENT.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : []));
    documents[pathOf(kind)] = { body: body.toString("base64"), headers: Object.fromEntries(kept) };
  }
  await writeFile(file, JSON.stringify(documents));
  const server = await startServer([join(import.meta.dirname, "bare-hono.ts"), file], {}, /(http:\S+)\n/);
  const path = (kind: Kind) => `${server.url}${pathOf(kind)}`;
  return {
    name: "bare hono",
    requests: await requestsFor({
      "index 200": path("index 200"),
      "blob of 1 MB": path("blob of 1 MB"),
      "version manifest": path("version manifest"),
      search: path("search"),
    }),
    memoryBytes: server.memoryBytes,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const pathOf = (kind: Kind) => `/${kind.replaceAll(" ", "-")}`;
