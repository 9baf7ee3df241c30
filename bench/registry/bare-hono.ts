// SPDX-License-Identifier: Apache-2.0
/**
 * What hono can do at best: it answers with bytes that it has in memory, and does nothing else.
 *
 *     node bare-hono.ts FILE     serves {"/path":{"body":"base64","headers":{…}}}; prints its address
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// hono belongs to the registry's package.
const require = createRequire(join(import.meta.dirname, "..", "..", "packages", "registry", "package.json"));
const { Hono } =
  require("hono") as typeof import("../../packages/registry/node_modules/hono/dist/types/index.js");
const { serve } = require("@hono/node-server");

const [file = ""] = process.argv.slice(2);
const documents = JSON.parse(readFileSync(file, "utf8")) as Record<
  string,
  { body: string; headers: Record<string, string> }
>;

const app = new Hono();
for (const [path, { body, headers }] of Object.entries(documents)) {
  const bytes = new Uint8Array(Buffer.from(body, "base64"));
  app.get(path, (c) =>
    headers.etag !== undefined && c.req.header("if-none-match") === headers.etag
      ? c.body(null, 304, headers)
      : c.body(bytes, 200, headers),
  );
}
const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }: { port: number }) =>
  console.log(`http://127.0.0.1:${port}`),
);
process.on("SIGTERM", () => server.close(() => process.exit()));
