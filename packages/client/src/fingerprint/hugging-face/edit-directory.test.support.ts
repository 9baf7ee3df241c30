// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from "../../errors.ts";
import { writeSafetensors } from "../../formats/safetensors/index.ts";
import type { Files } from "./memory-directory.test.support.ts";

export const encode = (text: string) => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));

export type Edit = (files: Files) => void;
export const put =
  (file: string, text: string | Uint8Array): Edit =>
  (files) => {
    files[file] = typeof text === "string" ? encode(text) : text;
  };
export const drop =
  (...names: string[]): Edit =>
  (files) => {
    for (const name of names) delete files[name];
  };
// biome-ignore lint/suspicious/noExplicitAny: what is edited is any JSON
export const json = (file: string, edit: (value: any) => void): Edit => {
  return (files) => {
    const value = decode(files[file]);
    edit(value);
    files[file] = encode(JSON.stringify(value));
  };
};
export const CONFIG = "config.json";
export const INDEX = "model.safetensors.index.json";
export const SHARD = "model-00001-of-00002.safetensors";
/** Changes the header of the one file of weights, whose data stay as long. */
export const header = (edit: (value: Record<string, { shape: number[] }>) => void): Edit => {
  return (files) => {
    const bytes = files["model.safetensors"] as Uint8Array;
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const value = decode(bytes.subarray(8, 8 + length));
    edit(value);
    const text = encode(JSON.stringify(value));
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(text.length), true);
    files["model.safetensors"] = Uint8Array.from([...size, ...text, ...bytes.subarray(8 + length)]);
  };
};
export const rename = (from: string, to: string) =>
  header((tensors) => {
    tensors[to] = tensors[from] as { shape: number[] };
    delete tensors[from];
  });
export const reshape = (name: string, shape: number[]) =>
  header((tensors) => {
    (tensors[name] as { shape: number[] }).shape = shape;
  });
/** Of a model that also sees: a norm that comes twice, once its prefix is taken off. */
export const twins: Edit = (files) => {
  const names = ["model.norm.weight", "language_model.model.norm.weight"];
  const tensors = names.map((name) => ({
    name,
    dtype: "F32" as const,
    shape: [1],
    data: new Uint8Array(4),
  }));
  files["twins.safetensors"] = writeSafetensors({ tensors });
  const map = Object.fromEntries(names.map((name) => [name, "twins.safetensors"]));
  files[INDEX] = encode(JSON.stringify({ weight_map: map }));
};
export const NORM = "model.layers.0.input_layernorm.weight";

/** What is wrong, in which fixture, and how it is refused. */
export type RefusedDirectory = [what: string, fixture: string, edit: Edit, code: ErrorCode, message: RegExp];
