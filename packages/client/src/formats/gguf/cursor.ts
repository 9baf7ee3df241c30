// SPDX-License-Identifier: Apache-2.0
import { type ErrorCode, LoraError } from "../../errors.ts";
import { MAX_SAFE_VALUE } from "./limits.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A position in the header of a file whose first `loaded` bytes are in memory. All numbers are little-endian.
 * The bytes arrive by `append`; `need` is a generator that yields until enough of them have.
 */
export class HeaderCursor {
  position = 0;
  loaded = 0;
  readonly #name: string;
  readonly #sizeBytes: number;
  readonly #maxHeaderBytes: number;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(name: string, sizeBytes: number, maxHeaderBytes: number) {
    this.#name = name;
    this.#sizeBytes = sizeBytes;
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** Bytes that the parser can still ask for. */
  get capacity(): number {
    return Math.min(this.#sizeBytes, this.#maxHeaderBytes);
  }

  append(chunk: Uint8Array): void {
    if (this.loaded + chunk.length > this.#bytes.length) {
      // Most headers fit the first chunk. For the others the most that a header may have is reserved once:
      // the system commits only the pages that are written, and no second copy exists while it grows.
      const grown = new Uint8Array(this.loaded === 0 ? chunk.length : this.capacity);
      grown.set(this.#bytes.subarray(0, this.loaded));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.set(chunk, this.loaded);
    this.loaded += chunk.length;
  }

  /**
   * Yields until `lengthBytes` more bytes are in memory.
   * @throws LoraError GGUF_INVALID where the file ends before, GGUF_LIMIT where a header may not be so large
   */
  *need(lengthBytes: number, what: string): Generator<void, void, void> {
    const end = this.position + lengthBytes;
    if (end > this.#sizeBytes) throw this.invalid(`ends inside ${what}`);
    if (end > this.#maxHeaderBytes)
      throw this.limit(`has a header of more than ${this.#maxHeaderBytes} bytes`);
    while (end > this.loaded) yield;
  }

  /** Yields once, for whatever comes next. Throws as `need` does. */
  *needMore(what: string): Generator<void, void, void> {
    yield* this.need(this.loaded - this.position + 1, what);
  }

  u8(): number {
    return this.#view.getUint8(this.position++);
  }

  u32(): number {
    const value = this.#view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  /** @throws LoraError GGUF_LIMIT above 2^53 - 1 */
  u64(what: string): number {
    const value =
      this.#view.getUint32(this.position, true) + this.#view.getUint32(this.position + 4, true) * 2 ** 32;
    if (value > MAX_SAFE_VALUE) {
      const exact = this.#view.getBigUint64(this.position, true);
      throw this.limit(`has ${what} of ${exact}, above 2^53 - 1`);
    }
    this.position += 8;
    return value;
  }

  /** A view, not a copy. */
  bytes(lengthBytes: number): Uint8Array {
    const start = this.position;
    this.position += lengthBytes;
    return this.#bytes.subarray(start, this.position);
  }

  /**
   * Steps over strings of an array that are wholly in memory, and returns how many of `count` are left.
   * A loop without calls: a tokenizer has half a million of them.
   * @throws LoraError GGUF_LIMIT for a string above `maxStringBytes`
   */
  skipStrings(count: number, maxStringBytes: number): number {
    const view = this.#view;
    const lastLength = this.loaded - 8;
    let { position } = this;
    let left = count;
    while (left > 0 && position <= lastLength) {
      const lengthBytes = view.getUint32(position, true);
      if (lengthBytes > maxStringBytes || view.getUint32(position + 4, true) !== 0) {
        this.position = position;
        throw this.limit(`has a string of more than ${maxStringBytes} bytes in an array`);
      }
      if (lengthBytes > lastLength - position) break;
      position += 8 + lengthBytes;
      left -= 1;
    }
    this.position = position;
    return left;
  }

  /** The bytes between two positions: a view, not a copy. */
  slice(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  /**
   * Text of names: printable ASCII. C++ code cuts a name at a NUL, and a control character could move a terminal's
   * cursor.
   * @throws LoraError GGUF_INVALID
   */
  name(lengthBytes: number, what: string): string {
    const bytes = this.bytes(lengthBytes);
    for (const byte of bytes)
      if (byte <= 0x20 || byte >= 0x7f) throw this.invalid(`has ${what} that is not printable ASCII`);
    return DECODER.decode(bytes);
  }

  invalid(message: string): LoraError {
    return this.#fail("GGUF_INVALID", message);
  }

  limit(message: string): LoraError {
    return this.#fail("GGUF_LIMIT", message);
  }

  #fail(code: ErrorCode, message: string): LoraError {
    return new LoraError(code, `${this.#name} ${message}`, {
      details: { file: this.#name, atByte: this.position },
    });
  }
}
