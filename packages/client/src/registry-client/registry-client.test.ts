// SPDX-License-Identifier: Apache-2.0
/** Against servers that misbehave on purpose; the real registry is met in test/. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { sha256Of } from "../digest.ts";
import { parsePackageName } from "../names.ts";
import { createRegistryClient } from "./registry-client.ts";

const name = parsePackageName("@demo/upper");

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe("a registry that", () => {
  it("is not there is said to be unreachable, at once and with what to do", async () => {
    const client = createRegistryClient({ url: "http://127.0.0.1:1" });
    await expect(client.index(name)).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("http://127.0.0.1:1 does not answer"),
      hint: expect.stringContaining("lora-registry serve"),
    });
  });

  it("is busy is asked again, as late as it says", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503, { "retry-after": "0" }).end();
      else response.end('{"v":1,"origin":"https://example.org"}');
    });
    expect(await createRegistryClient({ url }).info()).toEqual({ v: 1, origin: "https://example.org" });
    expect(asked).toBe(3);
  });

  it("refuses gives its own words, without what could rewrite a terminal", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(403, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          error: { code: "FORBIDDEN", message: "no\u001b[2J way", hint: "ask\u202e nicely" },
        }),
      );
    });
    await expect(createRegistryClient({ url }).whoami()).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: "no[2J way",
      hint: "ask nicely",
    });
  });

  it.each([
    ["is some other web server", "<html>hello</html>", 404, "REGISTRY_PROTOCOL"],
    ["answers with no JSON", "hello", 200, "JSON_INVALID"],
    ["answers with another document", '{"v":2}', 200, "REGISTRY_PROTOCOL"],
    ["answers with a huge document", `{"v":1,"origin":"${"x".repeat(2_000_000)}"}`, 200, "REGISTRY_PROTOCOL"],
  ])("%s is told from one that works", async (_what, body, status, code) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    await expect(createRegistryClient({ url }).info()).rejects.toMatchObject({ code });
  });

  it("serves another package's index in place of the one asked for is refused", async () => {
    const url = await serve((_request, response) =>
      response.end('{"v":1,"name":"@demo/shout","distTags":{},"versions":{}}'),
    );
    await expect(createRegistryClient({ url }).index(name)).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
    });
  });

  it("redirects elsewhere does not take the token along", async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"token":{"name":"x","actions":[]}}');
    });
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: `${elsewhere}/api/v1/whoami` }).end(),
    );
    await createRegistryClient({ url, token: "lora_secret" }).whoami();
    expect(seen).toEqual([undefined]);
  });

  it("asks for uploads to another host gets them there without the token", async () => {
    const seen: [string | undefined, string | undefined][] = [];
    const bucket = await serve((request, response) => {
      seen.push([request.headers.authorization, request.headers["x-amz-meta"] as string]);
      request.resume().on("end", () => response.end());
    });
    const client = createRegistryClient({ url: "http://127.0.0.1:1", token: "lora_secret" });
    const upload = { sha256: sha256Of("hi"), url: `${bucket}/put`, headers: { "x-amz-meta": "1" } };
    await client.uploadBlob(upload, 2, () => "hi");
    expect(seen).toEqual([[undefined, "1"]]);
  });
});

describe("a blob", () => {
  it("is asked for from an offset, and skipped to where the server ignores that", async () => {
    const url = await serve((request, response) => {
      const { range } = request.headers;
      if (range !== undefined && request.url?.endsWith(sha256Of("a")))
        response.writeHead(206, { "content-range": "bytes 6-10/11" }).end("world");
      else response.end("hello world");
    });
    const client = createRegistryClient({ url });
    expect(await collect(await client.openBlob(sha256Of("a"), 6))).toBe("world");
    expect(await collect(await client.openBlob(sha256Of("b"), 6))).toBe("world");
    expect(await collect(await client.openBlob(sha256Of("b"), 0))).toBe("hello world");
  });

  it("whose connection breaks in the middle is an unreachable registry, not a short blob", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("some");
      setTimeout(() => response.destroy(), 20);
    });
    const chunks = await createRegistryClient({ url }).openBlob(sha256Of("a"), 0);
    await expect(collect(chunks)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
  });
});
