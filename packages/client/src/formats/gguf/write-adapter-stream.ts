// SPDX-License-Identifier: Apache-2.0
/** Writing an adapter whose tensors are made one after another, so that memory holds a few of them, never the file. */
import { encodeGgufHeader, encodeTensorChunks } from "./encode.ts";
import { type AdapterContent, adapterContent } from "./write-adapter.ts";

/** Makes the data of one tensor; called once, when its turn comes or shortly before. */
export type TensorMaker = () => Promise<Uint8Array>;

export interface AdapterStream {
  /** The file up to its first data byte: enough for the strict reader. */
  readonly header: Uint8Array;
  readonly sizeBytes: number;
  /**
   * The whole file in order, `sizeBytes` in all.
   * @throws TypeError where data and shape of a tensor disagree, and what a maker throws
   */
  chunks(): AsyncGenerator<Uint8Array, void, void>;
}

/** Tensors that are made ahead, so that reading goes on while the consumer writes. */
const MADE_AHEAD = 2;

/** The bytes of `writeAdapter` for the same adapter. */
export function streamAdapter(adapter: AdapterContent<TensorMaker>): AdapterStream {
  const content = adapterContent(adapter);
  const { header, sizeBytes } = encodeGgufHeader(content);
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    const fill = () => {
      for (; next < content.tensors.length && ahead.length <= MADE_AHEAD; next += 1) {
        const data = content.tensors[next]?.data() ?? Promise.resolve(new Uint8Array());
        // Whoever stops early never awaits it; whoever goes on meets the failure in its turn.
        data.catch(() => undefined);
        ahead.push(data);
      }
    };
    yield header;
    for (const tensor of content.tensors) {
      fill();
      const data = await ahead.shift();
      if (data !== undefined) yield* encodeTensorChunks(tensor, data);
    }
  }
  return { header, sizeBytes, chunks };
}
