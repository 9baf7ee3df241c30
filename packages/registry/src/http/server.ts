// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server, type ServerResponse } from "node:http";
import { isIPv6, type Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { LoraError } from "@lora/client/errors";
import { DEFAULT_LIMITS, type Limits } from "../deps.ts";
import type { Fetch } from "../read-cache/index.ts";

/** For a whole request, uploads included, so that no client stays for ever however cleverly it trickles. */
const REQUEST_TIMEOUT_MS = 2 * 60 * 60 * 1000;
/** How often connections are looked at that have taken too long. */
const CHECK_MS = 2000;
const GRACE_MS = 30_000;

export interface Listener {
  server: Server;
  /** Takes no new requests, lets those under way be answered, then cuts off whatever still hangs on. */
  close(graceMs?: number): Promise<void>;
}

/** @throws LoraError USAGE, PERMISSION_DENIED when the address cannot be had */
export async function listen(
  host: string,
  port: number,
  fetch: Fetch,
  { headersMs, idleMs }: Pick<Limits, "headersMs" | "idleMs"> = DEFAULT_LIMITS,
): Promise<Listener> {
  const server = createServer(
    { connectionsCheckingInterval: Math.min(CHECK_MS, headersMs) },
    getRequestListener((request, env) => fetch(request, env as HttpBindings)),
  );
  server.headersTimeout = headersMs;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = idleMs;
  const { sockets, underWay } = trackRequests(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(asListenError(error, host, port)));
    server.listen(port, host, resolve);
  });

  return {
    server,
    async close(graceMs = GRACE_MS) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) {
        const response = underWay.get(socket);
        // Node's own closeIdleConnections leaves one open that never sent a request.
        if (response === undefined) socket.destroy();
        else response.once("finish", () => socket.destroySoon());
      }
      const force = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(force);
    },
  };
}

function trackRequests(server: Server) {
  const sockets = new Set<Socket>();
  const underWay = new Map<Socket, ServerResponse>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.prependListener("request", (request, response) => {
    underWay.set(request.socket, response);
    response.once("close", () => underWay.delete(request.socket));
  });
  return { sockets, underWay };
}

export function httpUrl(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function asListenError(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const where = httpUrl(host, port);
  if (error.code === "EADDRINUSE") {
    return new LoraError("USAGE", `something else listens at ${where} already`, {
      hint: "choose another port with --port",
    });
  }
  if (error.code === "EACCES") {
    return new LoraError(
      "PERMISSION_DENIED",
      `the operating system does not let this user listen at ${where}`,
      {
        hint: "choose a port above 1023 with --port",
      },
    );
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new LoraError("USAGE", `${host} is no address of this machine`, {
      hint: "choose one with --host, or leave it away for 127.0.0.1",
    });
  }
  return error;
}
