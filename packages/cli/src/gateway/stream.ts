// SPDX-License-Identifier: Apache-2.0

/**
 * A generator as the body of an answer. The next piece is asked for when the reader takes one, so that a slow reader
 * slows llama-server down; a reader that is gone ends the request there.
 */
export function toStream(
  pieces: AsyncGenerator<Uint8Array, void, void>,
  onGone: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value as Uint8Array);
      },
      cancel() {
        onGone();
        // Not awaited: it may wait for a piece that only comes to its end by onGone.
        void pieces.return().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
