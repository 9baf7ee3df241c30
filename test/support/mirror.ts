// SPDX-License-Identifier: Apache-2.0
/** Stands between a client and a real registry, keeps what was asked for, and may answer badly in its place. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
}

export interface Mirror extends AsyncDisposable {
  url: string;
  seen: Seen[];
  /** Answers in the registry's place where it gives true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
  /** Passes a request on, and of the body at most so many bytes; then the connection is broken. */
  passOn(request: IncomingMessage, response: ServerResponse, limitBytes?: number): Promise<void>;
  /** Ends at once, with all connections. */
  vanish(): Promise<void>;
  /** At the same address again. */
  comeBack(): Promise<void>;
}

export async function startMirror(registryUrl: string): Promise<Mirror> {
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  let port = 0;
  const mirror: Mirror = {
    url: "",
    seen: [],
    intercept: () => false,
    passOn: (incoming, response, limitBytes = Number.POSITIVE_INFINITY) =>
      new Promise((resolve, reject) => {
        // Blobs, too, come through here where the registry sends clients to S3 for them.
        const ask = (url: string, headers: OutgoingHttpHeaders) =>
          request(url, { method: incoming.method, headers: { ...headers, host: new URL(url).host } })
            .on("error", reject)
            .on("response", (answer) => {
              const { authorization: _token, ...others } = headers;
              if (answer.statusCode !== 307) return respond(answer);
              answer.resume();
              ask(answer.headers.location ?? "", others);
            })
            .end();
        const respond = async (answer: IncomingMessage) => {
          let left = limitBytes;
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          for await (const chunk of answer as AsyncIterable<Buffer>) {
            const part = chunk.subarray(0, left);
            left -= part.length;
            await new Promise((written) => response.write(part, written));
            if (left === 0) break;
          }
          if (left === 0) response.destroy();
          else response.end();
          resolve();
        };
        ask(`${registryUrl}${incoming.url}`, incoming.headers);
      }),
    async vanish() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    comeBack: () => listen(port),
    [Symbol.asyncDispose]: () => mirror.vanish(),
  };
  const server = createServer(async (incoming, response) => {
    const { range, "if-range": ifRange } = incoming.headers;
    mirror.seen.push({ path: incoming.url ?? "", range, ifRange: ifRange as string | undefined });
    if (!(await mirror.intercept(incoming, response))) await mirror.passOn(incoming, response);
  });
  await listen(0);
  port = (server.address() as AddressInfo).port;
  mirror.url = `http://127.0.0.1:${port}`;
  return mirror;
}
