// SPDX-License-Identifier: Apache-2.0
/** What people name where a safetensors file is wanted, told from its first bytes or its name. */
import { LoraError } from "../../errors.ts";

/** Of pickles by themselves or in PyTorch's zip. */
const PICKLE_NAME = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i;

export const FOREIGN_BYTES = 8;

/** The error for a file that is something else that is known; undefined for one that may be safetensors. */
export function foreignFormat(name: string, start: Uint8Array): LoraError | undefined {
  const text = String.fromCharCode(...start.subarray(0, FOREIGN_BYTES));
  const [first = 0, second = 0] = start;
  // A zip, as torch.save writes it since 1.6, or a bare pickle of protocol 2 to 5.
  if (text.startsWith("PK\u0003\u0004") || (first === 0x80 && second >= 2 && second <= 5))
    return pickleRefused(name);
  if (text.startsWith("GGUF")) return foreign(name, "is a GGUF file, not safetensors");
  if (text === "version ")
    return foreign(name, "is a Git LFS pointer, not the file itself", "run git lfs pull in its repository");
  return undefined;
}

export function isPickleName(name: string): boolean {
  return PICKLE_NAME.test(name);
}

/** @param name of the file, for the message; the hint names it as whoever stands in its directory would */
export function pickleRefused(name: string): LoraError {
  const file = name.split(/[/\\]/).at(-1) ?? name;
  const target = `${isPickleName(file) ? file.replace(PICKLE_NAME, "") : file}.safetensors`;
  const isPlain = /^[A-Za-z0-9._-]+$/.test(file);
  const load = `torch.load("${isPlain ? file : "FILE"}", weights_only=True, map_location="cpu")`;
  return new LoraError("PICKLE_REFUSED", `${name} is a Python pickle, which can run code when it is opened`, {
    hint: `write it as safetensors: python3 -c 'import torch, safetensors.torch as s; s.save_file(${load}, "${isPlain ? target : "FILE.safetensors"}")'`,
    details: { file: name },
  });
}

function foreign(name: string, what: string, hint?: string): LoraError {
  return new LoraError("SAFETENSORS_INVALID", `${name} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { file: name },
  });
}
