// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { parseBaseSource } from "./parse.ts";
import { type BaseSourceDeps, readBase } from "./read.ts";

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${path}`, import.meta.url));
const GGUF = fixture("tiny-say/v1/base-q4_0.gguf");
const DIRECTORY = fixture("hugging-face-bases/llama-spm");
const TINY_SAY = "lfp1:ce6a3a5a003926eb50d55aab3567917668355a1e122cd59991cf5a77c7149b7b";

const noRegistry: BaseSourceDeps = {
  registry: () => Promise.reject(new Error("the registry was asked")),
  fetch: async () => fetch,
};

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Behaviour = { ranges?: boolean; failures?: number; endless?: boolean };

/** The fixtures by ranges, and what was asked for and sent. */
async function serveFixtures({ ranges = true, failures = 0, endless = false }: Behaviour = {}) {
  const seen = { requests: [] as string[], sentBytes: 0 };
  let left = failures;
  server = createServer((request, response) => {
    seen.requests.push(`${request.url}`);
    if (request.url?.startsWith("/moved/")) {
      response.writeHead(302, { location: request.url.slice("/moved".length) }).end();
      return;
    }
    if (left > 0) {
      left -= 1;
      response.writeHead(503).end();
      return;
    }
    const path = fixture(decodeURIComponent(`${request.url}`.slice(1)));
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    if (!isFile) response.writeHead(404).end();
    else if (ranges)
      seen.sentBytes += sendRange(response, readFileSync(path), `${request.headers.range}`, endless);
    else response.writeHead(200).end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function sendRange(response: ServerResponse, content: Buffer, range: string, endless: boolean): number {
  const [, start = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number);
  const end = Math.min(last + 1, content.length);
  response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${content.length}`, etag: '"x"' });
  response.write(content.subarray(start, end));
  if (!endless) response.end();
  return end - start;
}

describe("what a base is named by", () => {
  it.each<[string, object]>([
    [GGUF, { name: undefined, source: { kind: "file", path: GGUF } }],
    [`tiny say=${GGUF}`, { name: "tiny say", source: { kind: "file", path: GGUF } }],
    [relative(process.cwd(), GGUF), { name: undefined, source: { kind: "file", path: GGUF } }],
    [DIRECTORY, { name: undefined, source: { kind: "directory", path: DIRECTORY } }],
    [
      "https://x.org/m.gguf?a=b",
      { name: undefined, source: { kind: "url", url: "https://x.org/m.gguf?a=b" } },
    ],
    ["m=https://x.org/m.gguf", { name: "m", source: { kind: "url", url: "https://x.org/m.gguf" } }],
    [TINY_SAY, { name: undefined, source: { kind: "fingerprint", fingerprint: TINY_SAY } }],
    [
      "meta-llama/Llama-3.1-8B",
      { name: undefined, source: { kind: "name", name: "meta-llama/Llama-3.1-8B" } },
    ],
    ["mine=tiny-say", { name: "mine", source: { kind: "name", name: "tiny-say" } }],
  ])("%s", async (text, expected) => {
    expect(await parseBaseSource(text)).toEqual(expected);
  });

  it.each([
    ["./missing", "FILE_NOT_FOUND"],
    ["missing.gguf", "FILE_NOT_FOUND"],
    ["name=missing.gguf", "FILE_NOT_FOUND"],
    ["/missing/model", "FILE_NOT_FOUND"],
    ["", "USAGE"],
    ["name=", "USAGE"],
    ["https://", "USAGE"],
  ])("%s is refused", async (text, code) => {
    await expect(parseBaseSource(text)).rejects.toMatchObject({ name: "LoraError", code });
  });
});

describe("readBase", () => {
  it("reads a file, and calls it what the user, the file or else its name says", async () => {
    const base = await readBase(GGUF, noRegistry);
    expect(base).toMatchObject({ quantization: "Q4_0", named: false, origin: { kind: "file", path: GGUF } });
    expect(base.record.fingerprint).toBe(TINY_SAY);
    expect(await readBase(`T=${GGUF}`, noRegistry)).toMatchObject({ name: "T", named: true });
  });

  it("reads a directory as the GGUF that was made of it", async () => {
    const [directory, file] = await Promise.all([
      readBase(DIRECTORY, noRegistry),
      readBase(`${DIRECTORY}/converted.gguf`, noRegistry),
    ]);
    expect(directory).toMatchObject({ name: "llama-spm", quantization: "BF16" });
    expect(directory.record.fingerprint).toBe(file.record.fingerprint);
  });

  it("reads a file at a URL, through redirects", async () => {
    const { url } = await serveFixtures();
    const base = await readBase(`${url}/moved/tiny-say/v1/base-f32.gguf`, noRegistry);
    expect(base.record.fingerprint).toBe(TINY_SAY);
  });

  it("reads a directory at a URL, and of the weights no more than their front", async () => {
    const { url, seen } = await serveFixtures();
    const base = await readBase(`${url}/hugging-face-bases/llama-spm/`, noRegistry);
    expect(base.record).toEqual((await readBase(DIRECTORY, noRegistry)).record);
    expect(base.name).toBe("llama-spm");
    expect(seen.requests.filter((path) => path.endsWith("converted.gguf"))).toEqual([]);
  });

  it("asks again where the server fails for a while", async () => {
    const { url, seen } = await serveFixtures({ failures: 2 });
    const base = await readBase(`${url}/tiny-say/v1/base-q8_0.gguf`, noRegistry);
    expect(base.record.fingerprint).toBe(TINY_SAY);
    expect(seen.requests.length).toBeGreaterThanOrEqual(3);
  });

  it("does not ask for ever", async () => {
    const { url, seen } = await serveFixtures({ failures: 1000 });
    await expect(readBase(`${url}/tiny-say/v1/base-q8_0.gguf`, noRegistry)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    expect(seen.requests.length).toBe(4);
  });

  it("takes no more than it asked for from a body without an end", async () => {
    const { url } = await serveFixtures({ endless: true });
    const base = await readBase(`${url}/tiny-say/v1/base-q8_0.gguf`, noRegistry);
    expect(base.record.fingerprint).toBe(TINY_SAY);
  });

  it("says that a server knows no ranges, and the way out", async () => {
    const { url } = await serveFixtures({ ranges: false });
    await expect(readBase(`${url}/tiny-say/v1/base-q8_0.gguf`, noRegistry)).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      hint: "download the file and name it instead",
    });
  });

  it.each([
    ["/tiny-say/v1/none.gguf", "FILE_NOT_FOUND"],
    ["/tiny-say/v1/upper.gguf", "FINGERPRINT_IMPOSSIBLE"],
    ["/tiny-say/v1/", "FINGERPRINT_IMPOSSIBLE"],
    ["/tiny-say/README.md", "GGUF_INVALID"],
    ["/tiny-say/v1/base-00001-of-99999.gguf", "USAGE"],
  ])("refuses %s", async (path, code) => {
    const { url } = await serveFixtures();
    await expect(readBase(url + path, noRegistry)).rejects.toMatchObject({ name: "LoraError", code });
  });
});
