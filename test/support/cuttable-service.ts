// SPDX-License-Identifier: Apache-2.0

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A way to a service that can be cut and mended: what is behind it seems to have stopped and started. */
export interface CuttableService extends AsyncDisposable {
  url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export async function startCuttableService(serviceUrl: string): Promise<CuttableService> {
  const { hostname, port } = new URL(serviceUrl);
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: Object.assign(new URL(serviceUrl), { hostname: "127.0.0.1", port: String(own) }).href.replace(
      /\/$/,
      "",
    ),
    cut,
    mend: () => listen(own),
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await cut();
    },
  };
}
