// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { httpSource } from "./http.ts";

const CONTENT = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31) % 256);

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<string> {
  server = createServer(handler);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`;
}

interface Behaviour {
  content?: Uint8Array;
  etag?: string;
  lastModified?: string;
  seen?: (string | undefined)[][];
}

/** What RFC 9110 asks of a server. What it serves may be changed while it runs. */
function wellBehaved(state: Behaviour): Handler {
  return (request, response) => {
    const { content = CONTENT, etag, lastModified } = state;
    state.seen?.push([request.headers.range, request.headers["if-range"] as string | undefined]);
    if (etag !== undefined) response.setHeader("etag", etag);
    if (lastModified !== undefined) response.setHeader("last-modified", lastModified);
    const [, start = 0, last = 0] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? []).map(
      Number,
    );
    const condition = request.headers["if-range"];
    if (condition !== undefined && condition !== etag && condition !== lastModified) {
      response.writeHead(200).end(content);
    } else if (start >= content.length) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    } else {
      const end = Math.min(last + 1, content.length);
      response
        .writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${content.length}` })
        .end(content.subarray(start, end));
    }
  };
}

describe("httpSource", () => {
  it("learns the size from its first answer, and reads any part", async () => {
    const seen: Behaviour["seen"] = [];
    const source = await httpSource(await serve(wellBehaved({ etag: '"v1"', seen })));
    expect(source.sizeBytes).toBe(CONTENT.length);
    expect(await source.read(500_000, 300_000)).toEqual(CONTENT.slice(500_000, 800_000));
    expect(await source.read(999_999, 1)).toEqual(CONTENT.slice(999_999));
    expect(await source.read(0, 20)).toEqual(CONTENT.slice(0, 20));
    // The last read was of bytes that the first answer had brought.
    expect(seen).toEqual([
      ["bytes=0-262143", undefined],
      ["bytes=500000-799999", '"v1"'],
      ["bytes=999999-999999", '"v1"'],
    ]);
  });

  it("reads a file that is smaller than its first read, and an empty one", async () => {
    const small = await httpSource(await serve(wellBehaved({ content: CONTENT.subarray(0, 10) })));
    expect(small.sizeBytes).toBe(10);
    expect(await small.read(3, 7)).toEqual(CONTENT.slice(3, 10));
    await expect(small.read(3, 8)).rejects.toMatchObject({ code: "IO_FAILED" });
    const empty = await httpSource(await serve(wellBehaved({ content: new Uint8Array(0) })));
    expect(empty.sizeBytes).toBe(0);
    expect(await empty.read(0, 0)).toEqual(new Uint8Array(0));
  });

  it("sends headers with every request, and asks for no compression", async () => {
    const sent: unknown[] = [];
    const url = await serve((request, response) => {
      sent.push([request.headers.authorization, request.headers["accept-encoding"]]);
      wellBehaved({})(request, response);
    });
    const source = await httpSource(url, { headers: { Authorization: "Bearer x" } });
    await source.read(600_000, 1);
    expect(sent).toEqual([
      ["Bearer x", "identity"],
      ["Bearer x", "identity"],
    ]);
  });

  it.each<[string, Behaviour, Behaviour]>([
    ["by its ETag", { etag: '"v1"' }, { etag: '"v2"' }],
    ["by a weak ETag", { etag: 'W/"v1"' }, { etag: 'W/"v2"' }],
    [
      "by its date",
      { lastModified: "Sat, 01 Nov 2025 00:00:00 GMT" },
      { lastModified: "Sun, 02 Nov 2025 00:00:00 GMT" },
    ],
    ["by its size alone", {}, { content: new Uint8Array(999_999) }],
    ["by the loss of its ETag", { etag: '"v1"' }, { etag: undefined as never }],
  ])("refuses a file that changed, seen %s", async (_how, before, after) => {
    const state = { ...before };
    const source = await httpSource(await serve(wellBehaved(state)));
    Object.assign(state, after);
    await expect(source.read(600_000, 10)).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: expect.stringContaining("changed while it was read"),
    });
  });

  it("reads nothing of a file that is sent whole, however large", async () => {
    let sentBytes = 0;
    const url = await serve((_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024);
      const write = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on("drain", write);
      write();
    });
    await expect(httpSource(url)).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      hint: "download the file and name it instead",
    });
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  it("takes no more of a body than was asked for", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(206, { "content-range": `bytes 0-9/10` });
      response.end(Buffer.alloc(5_000_000));
    });
    await expect(httpSource(url)).rejects.toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it.each<[string, string | undefined]>([
    ["no range", undefined],
    ["another range", "bytes 1-262144/1000000"],
    ["a shorter range", "bytes 0-99/1000000"],
    ["no size", "bytes 0-262143/*"],
    ["a size beyond all counting", "bytes 0-262143/99999999999999999999"],
    ["nonsense", "bites"],
  ])("refuses an answer that says %s", async (_what, contentRange) => {
    const url = await serve((_request, response) => {
      response.writeHead(206, contentRange === undefined ? {} : { "content-range": contentRange });
      response.end(CONTENT.subarray(0, 262_144));
    });
    await expect(httpSource(url)).rejects.toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it.each([
    [404, "FILE_NOT_FOUND"],
    [401, "REGISTRY_PROTOCOL"],
    [403, "REGISTRY_PROTOCOL"],
    [416, "REGISTRY_PROTOCOL"],
    [429, "REGISTRY_UNREACHABLE"],
    [500, "REGISTRY_UNREACHABLE"],
    [503, "REGISTRY_UNREACHABLE"],
  ])("says what the server answered: %i", async (status, code) => {
    const url = await serve((_request, response) => response.writeHead(status).end("no"));
    await expect(httpSource(url)).rejects.toMatchObject({ code });
  });

  it("says that nobody answers, that the connection broke, that the server fell silent", async () => {
    const url = await serve(wellBehaved({}));
    await new Promise((resolve) => server?.close(resolve));
    await expect(httpSource(url)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });

    const breaking = await serve((_request, response) => {
      response.writeHead(206, { "content-range": "bytes 0-262143/1000000", "content-length": "262144" });
      response.write(CONTENT.subarray(0, 1000), () => response.destroy());
    });
    await expect(httpSource(breaking)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });

    const silent = await serve((_request, response) => {
      response.writeHead(206, { "content-range": "bytes 0-262143/1000000" });
      response.write(CONTENT.subarray(0, 1000));
    });
    await expect(httpSource(silent, { silenceMs: 50 })).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("silent"),
    });
  });
});
