// SPDX-License-Identifier: Apache-2.0
/**
 * What stands before several registry processes: each request goes to the next one in turn, and to the one after that where
 * nobody listens. Nothing is repeated that a process may have begun.
 */
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RoundRobin extends AsyncDisposable {
  url: string;
  /** Where the processes are; may be changed at any time. */
  backends: string[];
  /** How many requests each was given. */
  readonly given: Map<string, number>;
}

/** @param port 0 for a free one */
export async function startRoundRobin(port = 0): Promise<RoundRobin> {
  const agent = new Agent({ keepAlive: false });
  const given = new Map<string, number>();
  let turn = 0;

  const pass = (incoming: IncomingMessage, response: ServerResponse, attempts: number) => {
    const backend = roundRobin.backends[turn++ % roundRobin.backends.length];
    if (backend === undefined || attempts === 0) {
      response.writeHead(502, { connection: "close" }).end();
      return;
    }
    given.set(backend, (given.get(backend) ?? 0) + 1);
    const outgoing = request(`${backend}${incoming.url}`, {
      agent,
      method: incoming.method,
      headers: { ...incoming.headers, connection: "close", "x-forwarded-for": incoming.socket.remoteAddress },
    });
    outgoing.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") pass(incoming, response, attempts - 1);
      // The answer may have begun: all that is left is to say that it will not end.
      else if (response.headersSent) response.destroy();
      else response.writeHead(502, { connection: "close" }).end();
    });
    // Only then is somebody there to read the body.
    outgoing.once("socket", (socket) => socket.once("connect", () => incoming.pipe(outgoing)));
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.once("error", () => response.destroy());
      answer.pipe(response);
    });
    response.once("close", () => outgoing.destroy());
  };

  const server = createServer((incoming, response) => pass(incoming, response, roundRobin.backends.length));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const roundRobin: RoundRobin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    backends: [],
    given,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return roundRobin;
}
