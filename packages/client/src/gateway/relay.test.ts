// SPDX-License-Identifier: Apache-2.0
/** Servers that end in the middle of an answer, on purpose. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { type RelayRequest, relay } from "./relay.ts";
import type { Lease } from "./supervisor.ts";

type Answering = (response: ServerResponse) => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function startServer(answer: Answering): Promise<number> {
  const server = createServer((_, response) => answer(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Each lease is for the next server; the last one stays. */
async function requestTo(...answers: Answering[]) {
  const ports = await Promise.all(answers.map(startServer));
  const leased: { released: boolean }[] = [];
  const controller = new AbortController();
  const request: RelayRequest = {
    method: "POST",
    path: "/v1/completions",
    signal: controller.signal,
    modelName: { from: "child", to: "@demo/upper" },
    async lease() {
      const state = { released: false };
      const port = ports[Math.min(leased.length, ports.length - 1)] ?? 0;
      leased.push(state);
      const release = () => {
        state.released = true;
      };
      return { server: { port, apiKey: "" }, adapters: [], body: {}, release } as unknown as Lease;
    },
  };
  return { request, leased, controller };
}

const event = (id: string, text: string) =>
  `data: {"choices":[{"text":"${text}"}],"created":${id.length},"id":"chatcmpl-${id}","model":"child"}\n\n`;

/** Says the events, and then breaks the connection off unless it is told to end well. */
function saying(
  id: string,
  texts: string[],
  end: "well" | "broken" | "in the middle of an event",
): Answering {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const text of texts) response.write(event(id, text));
    if (end === "well") response.end("data: [DONE]\n\n");
    else {
      if (end !== "broken") response.write(event(id, "half").slice(0, 30));
      setTimeout(() => response.destroy(), 20);
    }
  };
}

async function textOf(request: RelayRequest): Promise<string> {
  const { body } = await relay(request);
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("relay", () => {
  it("passes a stream on, with the name that was asked for", async () => {
    const { request, leased } = await requestTo(saying("a", ["H", "I"], "well"));
    const named = (text: string) => event("a", text).replace("child", "@demo/upper");
    expect(await textOf(request)).toBe(`${named("H")}${named("I")}data: [DONE]\n\n`);
    expect(leased).toEqual([{ released: true }]);
  });

  it.each(["broken", "in the middle of an event"] as const)(
    "goes on with a second server where the first one's stream ended (%s)",
    async (end) => {
      const { request, leased } = await requestTo(
        saying("first", ["H", "E", "L"], end),
        saying("second", ["H", "E", "L", "L", "O"], "well"),
      );
      const expected = ["H", "E", "L", "L", "O"].map((text) => [text, "chatcmpl-first"]);
      const events = (await textOf(request)).split("\n\n").slice(0, -2);
      expect(
        events.map((one) => {
          const { choices, id } = JSON.parse(one.slice("data: ".length));
          return [choices[0].text, id];
        }),
      ).toEqual(expected);
      expect(leased).toEqual([{ released: true }, { released: true }]);
    },
  );

  it("ends with an error, and sends nothing twice, where the second server says something else", async () => {
    const { request } = await requestTo(
      saying("first", ["H", "E"], "broken"),
      saying("second", ["H", "O", "O"], "well"),
    );
    const events = (await textOf(request)).split("\n\n").slice(0, -1);
    expect(events).toHaveLength(3);
    expect(JSON.parse(events[2]?.slice("data: ".length) ?? "")).toMatchObject({
      error: { message: expect.stringContaining("gave another one") },
    });
  });

  it("asks again for an answer that never came, and gives up after three servers", async () => {
    const dies: Answering = (response) => response.destroy();
    const answers: Answering = (response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"model":"child"}');
    };
    expect(await textOf((await requestTo(dies, dies, answers)).request)).toBe('{"model":"@demo/upper"}');
    const { request, leased } = await requestTo(dies);
    await expect(relay(request)).rejects.toMatchObject({ code: "RUNTIME_FAILED" });
    expect(leased).toEqual([{ released: true }, { released: true }, { released: true }]);
  });

  it("passes a refusal on as it is, once", async () => {
    const { request, leased } = await requestTo((response) => {
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
    });
    expect(await relay(request)).toMatchObject({ status: 400 });
    expect(leased).toHaveLength(1);
  });

  it("ends the request in the server when the client goes", async () => {
    const gone = Promise.withResolvers<void>();
    const { request, leased, controller } = await requestTo((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event("a", "H"));
      response.once("close", () => gone.resolve());
    });
    const { body } = await relay(request);
    if (body instanceof Uint8Array) throw new Error("not a stream");
    expect((await body.next()).done).toBe(false);
    controller.abort(new LoraError("USAGE", "gone"));
    await gone.promise;
    expect((await body.next()).done).toBe(true);
    expect(leased).toEqual([{ released: true }]);
  });
});
