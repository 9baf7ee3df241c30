// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from "node:http";
import { isIPv6 } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { LoraError } from "@lora/client/errors";

type Fetch = Parameters<typeof getRequestListener>[0];

const HEADERS_TIMEOUT_MS = 10_000;
/** For a whole request, uploads included, so that no client stays for ever however cleverly it trickles. */
const REQUEST_TIMEOUT_MS = 2 * 60 * 60 * 1000;
/** Longer than clients keep an idle connection, so that they, not the server, drop it: a drop may cross a request. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
const GRACE_MS = 30_000;

/** @throws LoraError USAGE, PERMISSION_DENIED when the address cannot be had */
export async function listen(host: string, port: number, fetch: Fetch): Promise<Server> {
  const server = createServer({ connectionsCheckingInterval: 2000 }, getRequestListener(fetch));
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(asListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  return server;
}

/** Takes no new connections, lets the requests under way be answered, then cuts off whatever still hangs on. */
export async function closeGracefully(server: Server, graceMs = GRACE_MS): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that finished its request goes idle, and would be kept for the next one.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
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
