// SPDX-License-Identifier: Apache-2.0
/** Writing an adapter as the strict reader wants it: fixed keys first, the others and the tensors sorted by name. */
import { encodeGguf, f32Value, type GgufContent, type GgufTensor, stringValue } from "./encode.ts";
import type { GgufValue } from "./header.ts";

export interface AdapterContent<Data = Uint8Array> {
  readonly architecture: string;
  readonly alpha: number;
  /** Further keys, such as `general.name`; those that `adapter-metadata.ts` lists. */
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly {
    /** Name of the base's tensor: `blk.0.attn_q.weight`. */
    readonly base: string;
    readonly a: Omit<GgufTensor<Data>, "name">;
    readonly b: Omit<GgufTensor<Data>, "name">;
  }[];
}

/** For `encodeGgufChunks`, where an adapter is too large to be held twice. */
export function adapterContent<Data>(adapter: AdapterContent<Data>): GgufContent<Data> {
  const byName =
    <Item>(name: (item: Item) => string) =>
    (x: Item, y: Item) =>
      name(x) < name(y) ? -1 : name(x) > name(y) ? 1 : 0;
  return {
    metadata: [
      ["general.architecture", stringValue(adapter.architecture)],
      ["general.type", stringValue("adapter")],
      ["adapter.type", stringValue("lora")],
      ["adapter.lora.alpha", f32Value(adapter.alpha)],
      ...Object.entries(adapter.metadata ?? {}).sort(byName(([key]) => key)),
    ],
    tensors: adapter.tensors
      .flatMap(({ base, a, b }) => [
        { ...a, name: `${base}.lora_a` },
        { ...b, name: `${base}.lora_b` },
      ])
      .sort(byName(({ name }) => name)),
  };
}

/** The same adapter gives the same bytes, in whatever order its parts come. */
export function writeAdapter(adapter: AdapterContent): Uint8Array {
  return encodeGguf(adapterContent(adapter));
}
