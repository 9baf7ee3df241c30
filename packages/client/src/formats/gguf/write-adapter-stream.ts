// SPDX-License-Identifier: Apache-2.0
/** Writing an adapter whose tensors are made one after another, so that memory holds a few of them, never the file. */
import { encodeGgufHeader, encodeTensorChunks } from "./encode.ts";
import { type AdapterContent, adapterContent } from "./write-adapter.ts";

export interface AdapterStream {
  /** The file up to its first data byte: enough for the strict reader. */
  readonly header: Uint8Array;
  readonly sizeBytes: number;
  /**
   * The whole file in order, `sizeBytes` in all. A chunk is valid until the next one is asked for.
   * @throws TypeError where data and shape of a tensor disagree, and what making them throws
   */
  chunks(): AsyncGenerator<Uint8Array, void, void>;
}

/**
 * The bytes of `writeAdapter` for the same adapter.
 * @param make called once for each `chunks()`, with what the content has for data, in the order of the file; gives
 *   the data of each in that order, each valid until the next is asked for
 */
export function streamAdapter<Plan>(
  adapter: AdapterContent<Plan>,
  make: (plans: readonly Plan[]) => AsyncIterable<Uint8Array>,
): AdapterStream {
  const { metadata, tensors } = adapterContent(adapter);
  const { header, sizeBytes } = encodeGgufHeader({ metadata, tensors });
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    yield header;
    const waiting = tensors.values();
    for await (const data of make(tensors.map((tensor) => tensor.data))) {
      const tensor = waiting.next().value;
      if (tensor === undefined) throw new TypeError("more data than tensors");
      yield* encodeTensorChunks(tensor, data);
    }
    if (!waiting.next().done) throw new TypeError("more tensors than data");
  }
  return { header, sizeBytes, chunks };
}
