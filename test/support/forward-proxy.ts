// SPDX-License-Identifier: Apache-2.0
/** A small HTTP proxy, as companies have one: CONNECT, and requests for absolute addresses. It knows hosts of its own. */
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface ForwardProxy extends AsyncDisposable {
  url: string;
  /** `host:port` of each connection or request that went through. */
  seen: string[];
}

/** @param hosts names that only the proxy can resolve, and the origins that they stand for */
export async function startForwardProxy(hosts: Record<string, string>): Promise<ForwardProxy> {
  const proxy: ForwardProxy = {
    url: "",
    seen: [],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer((incoming, response) => {
    const target = new URL(incoming.url ?? "");
    proxy.seen.push(target.host);
    const origin = hosts[target.hostname] ?? target.origin;
    const { method, headers } = incoming;
    const outgoing = request(`${origin}${target.pathname}${target.search}`, { method, headers });
    outgoing.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on("connect", (incoming, socket) => {
    const { hostname, port } = new URL(`http://${incoming.url}`);
    proxy.seen.push(incoming.url ?? "");
    const target = new URL(hosts[hostname] ?? `http://${hostname}:${port}`);
    const tunnel = connect(Number(target.port), target.hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on("error", () => socket.destroy());
    socket.on("error", () => tunnel.destroy());
    socket.on("close", () => tunnel.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
