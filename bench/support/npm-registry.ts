// SPDX-License-Identifier: Apache-2.0
/**
 * As little of an npm registry as `npm install` needs, for a peer that must not use the internet.
 *
 *     node npm-registry.ts DIRECTORY     serves DIRECTORY/NAME.tgz as version 1.0.0 of NAME; prints its address
 */
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const [directory = "."] = process.argv.slice(2);
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? "/").slice(1);
  if (!/^[a-z0-9-]+(?:\.tgz)?$/.test(path)) return response.writeHead(404).end();
  if (path.endsWith(".tgz")) return createReadStream(join(directory, path)).pipe(response);
  const tarball = readFileSync(join(directory, `${path}.tgz`));
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const dist = { tarball: `http://${request.headers.host}/${path}.tgz`, integrity };
  const versions = { "1.0.0": { name: path, version: "1.0.0", dist } };
  response.setHeader("content-type", "application/json");
  return response.end(JSON.stringify({ name: path, "dist-tags": { latest: "1.0.0" }, versions }));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
