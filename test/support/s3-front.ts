// SPDX-License-Identifier: Apache-2.0
/** The way by which others reach an S3: it remembers what parts they PUT, may lose or spoil one, and may hold any write. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface PutPart {
  number: number;
  /** Undefined while it is under way. */
  status?: number;
}

export interface S3Front extends AsyncDisposable {
  url: string;
  /** In the order in which they came. */
  puts: PutPart[];
  /** PUTs that are no part. */
  wholes: number;
  /** Asked before a part is passed on: what it answers is done with the part. */
  decide: (number: number) => Promise<"pass" | "expired" | "spoil"> | "pass" | "expired" | "spoil";
  /** Waited for before anything else is written. @param path with the bucket in front */
  beforeWrite: (path: string) => Promise<void> | void;
  /** Told when S3 has answered to a part. */
  onAnswer: (number: number) => void;
}

export async function startS3Front(s3Url: string): Promise<S3Front> {
  const front: S3Front = {
    url: "",
    puts: [],
    wholes: 0,
    decide: () => "pass",
    beforeWrite: () => {},
    onAnswer: () => {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const number = Number(new URL(incoming.url ?? "", "http://s3").searchParams.get("partNumber"));
    if (number === 0) {
      if (incoming.method === "PUT") front.wholes += 1;
      if (incoming.method !== "GET" && incoming.method !== "HEAD")
        await front.beforeWrite(decodeURIComponent((incoming.url ?? "").replace(/\?.*/, "")));
      return passOn(s3Url, incoming, response, false);
    }
    const put: PutPart = { number };
    front.puts.push(put);
    const what = await front.decide(number);
    put.status =
      what === "expired"
        ? refuse(incoming, response)
        : await passOn(s3Url, incoming, response, what === "spoil");
    front.onAnswer(number);
  };
  const server = createServer((incoming, response) => {
    // A client that was killed: there is nobody to answer.
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return front;
}

/** As S3 answers to a URL that was signed long ago. */
function refuse(incoming: IncomingMessage, response: ServerResponse): number {
  incoming.resume().on("end", () => response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>"));
  return 403;
}

/** With the same `Host`, which is signed. Resolves to the status, when S3 has answered. */
function passOn(s3Url: string, incoming: IncomingMessage, response: ServerResponse, isSpoilt: boolean) {
  return new Promise<number>((resolve, reject) => {
    const { method, headers } = incoming;
    const outgoing = request(`${s3Url}${incoming.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
      answer.on("end", () => resolve(answer.statusCode ?? 500));
    });
    outgoing.on("error", reject);
    response.on("close", () => {
      if (!response.writableFinished) outgoing.destroy(new Error("the client is gone"));
    });
    let isFirst = isSpoilt;
    incoming.on("data", (chunk: Buffer) => {
      if (isFirst) chunk[0] = (chunk[0] ?? 0) ^ 1;
      isFirst = false;
      if (!outgoing.write(chunk)) {
        incoming.pause();
        outgoing.once("drain", () => incoming.resume());
      }
    });
    incoming.on("end", () => outgoing.end());
    incoming.on("error", reject);
  });
}
