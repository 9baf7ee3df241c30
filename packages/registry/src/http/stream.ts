// SPDX-License-Identifier: Apache-2.0
import type { Readable } from "node:stream";
import type { Logger } from "pino";

/**
 * A file on its way to a client, as fast as the client takes it. A client that takes nothing for `stallMs` is cut off,
 * so that it does not hold the file open for ever. What goes wrong after the first byte can only end the connection; the
 * reason goes to the log, not to the client.
 */
export function streamToClient(
  source: Readable,
  { lengthBytes, stallMs, log }: { lengthBytes: number; stallMs: number; log: Logger },
): ReadableStream<Uint8Array> {
  let left = lengthBytes;
  const chunks = source.iterator() as AsyncIterator<Uint8Array>;
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        try {
          const { done, value } = await chunks.next();
          if (done && left > 0) throw new Error(`${left} bytes are missing`);
          if (done) return controller.close();
          left -= value.length;
          controller.enqueue(value);
          timer = setTimeout(() => {
            log.info("a client stopped taking its answer");
            source.destroy();
            controller.error(new Error("stalled"));
          }, stallMs);
        } catch (error) {
          log.error({ err: error }, "a blob could not be read to its end");
          controller.error(new Error("interrupted"));
        }
      },
      cancel() {
        clearTimeout(timer);
        source.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
