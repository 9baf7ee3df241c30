// SPDX-License-Identifier: Apache-2.0
/** A client's uploads in parts, against a registry and an S3 that do not keep to what they should. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Sha256, sha256Of } from "../digest.ts";
import { createRegistryClient } from "../registry-client/index.ts";
import { uploadInParts } from "./upload-parts.ts";

const content = "0123456789abcdefghij";
const sha256: Sha256 = sha256Of(content);
const file = {
  sha256,
  sizeBytes: content.length,
  open: (from: number, to: number) => content.slice(from, to),
};
const upload = { uploadId: "u", partBytes: 3, present: [2] };

let server: ReturnType<typeof createServer>;
let url: string;
/** What arrived, by part. */
let parts: Map<number, string>;
let requests: string[];
/** What each takes the place of: the honest answer to a PUT, to a question for URLs, and to the end. */
let onPut: (number: number, response: ServerResponse, attempt: number) => boolean;
let onParts: (numbers: number[]) => number[];
let onComplete: (response: ServerResponse) => boolean;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

beforeEach(async () => {
  parts = new Map();
  requests = [];
  onPut = () => false;
  onParts = (numbers) => numbers;
  onComplete = () => false;
  const attempts = new Map<number, number>();
  server = createServer(async (request, response) => {
    const { method = "", url: path = "" } = request;
    requests.push(`${method} ${path.replace(/.*\//, "")}`);
    const text = await textOf(request);
    if (method === "PUT") {
      const number = Number(path.slice("/s3/".length));
      const attempt = (attempts.get(number) ?? 0) + 1;
      attempts.set(number, attempt);
      if (onPut(number, response, attempt)) return;
      parts.set(number, text);
      response.end();
    } else if (path.endsWith("/parts")) {
      const { numbers } = JSON.parse(text) as { numbers: number[] };
      const answer = onParts(numbers).map((number) => ({ number, url: `${url}/s3/${number}` }));
      response.end(JSON.stringify({ parts: answer }));
    } else if (!onComplete(response)) response.writeHead(201).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let sent: number;
function bring(begun = upload) {
  sent = 0;
  return uploadInParts(createRegistryClient({ url, token: "lora_x" }), begun, file, (bytes) => {
    sent += bytes;
  });
}
const status = (code: number) => (_number: number, response: ServerResponse) => {
  response.writeHead(code).end("<Error/>");
  return true;
};

it("sends every part that is not there, with its own bytes, and has them put together", async () => {
  expect(await bring()).toBe("done");
  const arrived = [...parts].sort(([a], [b]) => a - b).map(([number, text]) => `${number}:${text}`);
  expect(arrived).toEqual(["1:012", "3:678", "4:9ab", "5:cde", "6:fgh", "7:ij"]);
  expect([sent, requests.at(-1)]).toEqual([17, "POST complete"]);
});

it("sends a part again whose connection broke, and no other", async () => {
  onPut = (number, response, attempt) => {
    if (number !== 4 || attempt > 1) return false;
    response.destroy();
    return true;
  };
  expect(await bring()).toBe("done");
  expect(requests.filter((request) => request === "PUT 4")).toHaveLength(2);
  expect(requests.filter((request) => request.startsWith("PUT"))).toHaveLength(7);
});

it("asks for another URL where one is refused, and gives up where all are", async () => {
  onPut = (number, response, attempt) => number === 5 && attempt < 3 && status(403)(number, response);
  expect(await bring()).toBe("done");
  onPut = (number, response) => number === 5 && status(403)(number, response);
  await expect(bring()).rejects.toMatchObject({
    code: "REGISTRY_PROTOCOL",
    message: expect.stringContaining("refuses part 5"),
  });
  expect(requests.at(-1)).not.toBe("POST complete");
});

it("says that the upload is gone where S3 knows it no more, and where the registry misses parts", async () => {
  onPut = status(404);
  expect(await bring()).toBe("gone");
  onPut = () => false;
  onComplete = (response) => {
    const error = { code: "UPLOAD_MISSING", message: "2 parts were not uploaded" };
    response.writeHead(409).end(JSON.stringify({ error }));
    return true;
  };
  expect(await bring()).toBe("gone");
});

it("refuses a registry that gives no URL for a part, or wants more parts than there can be", async () => {
  onParts = (numbers) => numbers.filter((number) => number !== 6);
  await expect(bring()).rejects.toMatchObject({
    code: "REGISTRY_PROTOCOL",
    message: expect.stringContaining("no URL for part 6"),
  });
  const before = requests.length;
  const huge = { ...file, sizeBytes: 4 * 1024 ** 3 };
  const registry = createRegistryClient({ url });
  const tiny = { uploadId: "u", partBytes: 1, present: [] };
  await expect(uploadInParts(registry, tiny, huge, () => {})).rejects.toMatchObject({
    code: "REGISTRY_PROTOCOL",
  });
  expect(requests).toHaveLength(before);
});
