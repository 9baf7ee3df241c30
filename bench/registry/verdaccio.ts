// SPDX-License-Identifier: Apache-2.0
/** Verdaccio with the same package: as many versions, each with what lora's index says of it, and a tarball of a megabyte. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Contender, requestsFor, startServer } from "./contender.ts";

const BIN = join(
  dirname(createRequire(import.meta.url).resolve("verdaccio/package.json")),
  "bin",
  "verdaccio",
);
const CONFIG = `
storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { '**': { access: $all, publish: $all } }
web: { enable: false }
middlewares: {}
log: { type: stdout, format: pretty, level: warn }
max_body_size: 20mb
# Of searches it would answer a thousand in a quarter of an hour.
userRateLimit: { windowMs: 1000, max: 1000000000 }
listen: 127.0.0.1:0
`;

/** @param versions what lora's index says of each */
export async function startVerdaccio(versions: Record<string, object>, blob: Buffer): Promise<Contender> {
  const directory = await mkdtemp(join(tmpdir(), "lora-bench-verdaccio-"));
  await writeFile(join(directory, "config.yaml"), CONFIG);
  const port = await freePort();
  const listening = new RegExp(`(http://127\\.0\\.0\\.1:${port})`);
  const server = await startServer(
    [BIN, "--config", join(directory, "config.yaml"), "--listen", `127.0.0.1:${port}`],
    { NODE_ENV: "production" },
    listening,
  );
  // It says where it listens before it does.
  while (!(await fetch(server.url).catch(() => undefined))) await sleep(50);
  const names = Object.keys(versions);
  for (const [i, version] of names.entries()) {
    await publish(
      server.url,
      version,
      versions[version] ?? {},
      i === names.length - 1 ? blob : Buffer.alloc(500),
    );
  }
  const path = (rest: string) => `${server.url}${rest}`;
  return {
    name: "Verdaccio",
    requests: await requestsFor({
      "index 200": path("/@bench%2fpack"),
      "blob of 1 MB": path(`/@bench/pack/-/pack-${names.at(-1)}.tgz`),
      "version manifest": path(`/@bench%2fpack/${names.at(-1)}`),
      search: path("/-/v1/search?text=pack"),
    }),
    memoryBytes: server.memoryBytes,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function publish(url: string, version: string, entry: object, tarball: Buffer): Promise<void> {
  const file = `pack-${version}.tgz`;
  const response = await fetch(`${url}/@bench%2fpack`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      name: "@bench/pack",
      "dist-tags": { latest: version },
      versions: {
        [version]: {
          name: "@bench/pack",
          version,
          description: "Writes in capitals",
          license: "Apache-2.0",
          keywords: ["case", "capitals"],
          ...entry,
          dist: {
            tarball: `${url}/@bench/pack/-/${file}`,
            shasum: createHash("sha1").update(tarball).digest("hex"),
          },
        },
      },
      _attachments: {
        [file]: {
          content_type: "application/octet-stream",
          data: tarball.toString("base64"),
          length: tarball.length,
        },
      },
    }),
  });
  if (response.status !== 201) throw new Error(`publish: ${response.status} ${await response.text()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
