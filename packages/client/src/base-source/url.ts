// SPDX-License-Identifier: Apache-2.0
import { type ByteSource, httpSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import type { BaseDirectory } from "../fingerprint/index.ts";

const ATTEMPTS = 4;

/** @throws LoraError as `httpSource` */
export function openUrl(url: string, fetch: typeof globalThis.fetch): Promise<ByteSource> {
  return httpSource(url, { fetch, attempts: ATTEMPTS });
}

/** The files below an address that ends with a slash, such as `https://huggingface.co/OWNER/NAME/resolve/main/`. */
export function openUrlDirectory(url: string, fetch: typeof globalThis.fetch): BaseDirectory {
  const opened = new Map<string, Promise<ByteSource>>();
  return {
    name: url,
    async open(file) {
      // A name of a file has nothing that a URL would take for more than a name.
      const source = opened.get(file) ?? openUrl(new URL(file, url).href, fetch);
      opened.set(file, source);
      try {
        return await source;
      } catch (error) {
        if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") return undefined;
        throw error;
      }
    },
  };
}
