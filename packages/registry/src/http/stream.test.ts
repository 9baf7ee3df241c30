// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import { pino } from "pino";
import { expect, it } from "vitest";
import { streamToClient } from "./stream.ts";

const bytes = (length: number) => new Uint8Array(length);

function open(source: Readable, lengthBytes: number, stallMs = 60_000) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  return { stream: streamToClient(source, { lengthBytes, stallMs, log }), lines };
}

it("reads no further than the client does", async () => {
  let produced = 0;
  const source = new Readable({
    highWaterMark: 1,
    read() {
      produced += 1;
      this.push(bytes(1000));
    },
  });
  const reader = open(source, 1_000_000).stream.getReader();
  await reader.read();
  await reader.read();
  await new Promise((resolve) => setImmediate(resolve));
  expect(produced).toBeLessThan(6);
  await reader.cancel();
  expect(source.destroyed).toBe(true);
});

it("lets go of the file when the client stops taking it", async () => {
  const source = Readable.from([bytes(10), bytes(10)]);
  const { stream, lines } = open(source, 20, 20);
  const reader = stream.getReader();
  await reader.read();
  await expect(reader.closed).rejects.toThrow("stalled");
  expect(source.destroyed).toBe(true);
  expect(lines.join()).toContain("a client stopped taking its answer");
});

it("is an error when the file is shorter than was announced", async () => {
  const { stream, lines } = open(Readable.from([bytes(10)]), 11);
  await expect(new Response(stream).arrayBuffer()).rejects.toThrow("interrupted");
  expect(lines.join()).toContain("1 bytes are missing");
});

it("tells the log, not the client, why reading failed", async () => {
  const source = new Readable({
    read() {
      this.destroy(new Error("EIO: /srv/secret"));
    },
  });
  const { stream, lines } = open(source, 10);
  await expect(new Response(stream).arrayBuffer()).rejects.toThrow(/^interrupted$/);
  expect(lines.join()).toContain("/srv/secret");
});
