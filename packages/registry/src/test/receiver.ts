// SPDX-License-Identifier: Apache-2.0
/** Somebody whom webhooks are sent to, on the loopback: well behaved or not, as a test says. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

export interface Received {
  headers: IncomingHttpHeaders;
  /** As it came. */
  body: string;
  /** The webhook-id. */
  id: string;
  event: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** A status, or what else may happen to whoever calls. */
export type Behaviour = number | "hang" | "close" | "redirect" | "endless";

export interface Receiver {
  url: string;
  received: Received[];
  /** Resolves when so many have come, whatever was answered. */
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param behave called for each request, before it is answered */
export async function startReceiver(
  behave: (received: Received, count: number) => Behaviour | Promise<Behaviour> = () => 204,
): Promise<Receiver> {
  const received: Received[] = [];
  let wake = () => {};
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString();
    const id = String(request.headers["webhook-id"]);
    const one = { headers: request.headers, body, id, event: JSON.parse(body) };
    received.push(one);
    wake();
    answer(response, await behave(one, received.length));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=of-the-receiver`,
    received,
    async waitFor(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** By the specification's own library. @throws Error unless the secret's holder sent exactly this, now */
export function assertSigned({ headers, body }: Received, secret: string): void {
  new Webhook(secret).verify(body, headers as Record<string, string>);
}

function answer(response: ServerResponse, behaviour: Behaviour): void {
  if (behaviour === "hang") return;
  if (behaviour === "close") response.destroy();
  else if (behaviour === "redirect") response.writeHead(302, { location: "/elsewhere" }).end();
  else if (behaviour === "endless") {
    response.writeHead(200);
    const pour = () => {
      while (!response.destroyed && response.write("x".repeat(64 * 1024)));
    };
    response.on("drain", pour);
    pour();
  } else response.writeHead(behaviour).end();
}
