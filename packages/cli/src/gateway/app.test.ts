// SPDX-License-Identifier: Apache-2.0
/** How answers travel, over a gateway that has endlessly much to say. */
import { once } from "node:events";
import { type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Gateway } from "@lora/client/gateway";
import { afterEach, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";

const PIECE_BYTES = 64 * 1024;
/** More than the buffers of a connection on any system hold. */
const MAX_AHEAD_BYTES = 64 * 1024 * 1024;

let server: Server | undefined;
afterEach(() => server?.close());

async function open(
  answer: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, void>,
): Promise<IncomingMessage> {
  const gateway = {
    answer: async ({ signal }: { signal: AbortSignal }) => ({
      status: 200,
      contentType: "text/event-stream",
      body: answer(signal),
    }),
  } as unknown as Gateway;
  const app = createApp({ gateway, apiKey: undefined, loopbackOnly: true });
  server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const outgoing = request({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    method: "POST",
    path: "/v1/completions",
  });
  outgoing.end("{}");
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return incoming;
}

describe("createApp", () => {
  it("takes no more from the gateway than the client reads", async () => {
    let madeBytes = 0;
    const incoming = await open(async function* () {
      for (;;) {
        madeBytes += PIECE_BYTES;
        yield new Uint8Array(PIECE_BYTES);
      }
    });
    incoming.pause();
    let before = -1;
    const isStuck = () => {
      const stuck = madeBytes === before;
      before = madeBytes;
      return stuck;
    };
    await expect.poll(isStuck, { interval: 200, timeout: 20_000 }).toBe(true);
    expect(madeBytes).toBeLessThan(MAX_AHEAD_BYTES);
    incoming.resume();
    const stuckAt = madeBytes;
    await expect.poll(() => madeBytes).toBeGreaterThan(stuckAt);
    incoming.destroy();
  });

  it("tells the gateway when the client is gone, also while nothing comes", async () => {
    const gone = Promise.withResolvers<void>();
    const incoming = await open(async function* (signal) {
      signal.addEventListener("abort", () => gone.resolve());
      yield new Uint8Array(1);
      await gone.promise;
    });
    incoming.destroy();
    await gone.promise;
  });
});
