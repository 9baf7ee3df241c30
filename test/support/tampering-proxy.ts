// SPDX-License-Identifier: Apache-2.0
/** Stands between a client and a real registry, and changes what it passes on: a mirror that lies. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TamperingProxy extends AsyncDisposable {
  url: string;
  /** Gets each body that is passed on, and gives the one to pass in its place. */
  tamper: (path: string, body: Buffer) => Buffer;
}

/** Passes GET and HEAD on as they are until `tamper` is set. */
export async function startTamperingProxy(registryUrl: string): Promise<TamperingProxy> {
  const proxy: TamperingProxy = {
    url: "",
    tamper: (_path, body) => body,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const answer = await fetch(`${registryUrl}${path}`, { method: request.method ?? "GET" });
    const body = proxy.tamper(path, Buffer.from(await answer.arrayBuffer()));
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

/** The same bytes but for one bit in the middle. */
export function flipBit(body: Buffer, at = body.length >> 1): Buffer {
  const flipped = Buffer.from(body);
  flipped[at] = (flipped[at] as number) ^ 1;
  return flipped;
}
