// SPDX-License-Identifier: Apache-2.0
import { type ErrorCode, LoraError } from "../../errors.ts";
import { quote } from "../../names.ts";
import { MAX_SAFE_VALUE, MAX_TENSOR_NAME_BYTES } from "./limits.ts";

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const SHORT_NAMES = Array.from({ length: MAX_TENSOR_NAME_BYTES + 1 }, (_, length) => new Uint8Array(length));

/**
 * A position in the header of a file whose first `loaded` bytes are in memory. All numbers are little-endian.
 * The bytes arrive by `room` and `append`; the parser is a generator that yields while it `lacks` some.
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

  /** Where the next `lengthBytes` of the file go; `append` is told once they are there. */
  room(lengthBytes: number): Uint8Array {
    if (this.loaded + lengthBytes > this.#bytes.length) {
      // Most headers fit the first read. For the others the most that a header may have is reserved once:
      // the system commits only the pages that are written, and no second copy exists while it grows.
      const grown = new Uint8Array(this.loaded === 0 ? lengthBytes : this.capacity);
      grown.set(this.#bytes.subarray(0, this.loaded));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#bytes.subarray(this.loaded, this.loaded + lengthBytes);
  }

  /** @param chunk the room itself, or other bytes that belong there */
  append(chunk: Uint8Array): void {
    if (chunk.buffer !== this.#bytes.buffer) this.#bytes.set(chunk, this.loaded);
    this.loaded += chunk.length;
  }

  /**
   * Whether the next `lengthBytes` are still to be read; the parser yields while they are.
   * @throws LoraError GGUF_INVALID where the file ends before, GGUF_LIMIT where a header may not be so large
   */
  lacks(lengthBytes: number, what: string): boolean {
    const end = this.position + lengthBytes;
    if (end > this.#sizeBytes) throw this.invalid(`ends inside ${what}`);
    if (end > this.#maxHeaderBytes)
      throw this.limit(`has a header of more than ${this.#maxHeaderBytes} bytes`);
    return end > this.loaded;
  }

  /** For a claim that is refused before anything is read for it. */
  assertRemains(lengthBytes: number, what: string): void {
    if (this.position + lengthBytes > this.#sizeBytes) throw this.invalid(`ends inside ${what}`);
  }

  u8(): number {
    return this.#view.getUint8(this.position++);
  }

  u32(): number {
    const value = this.#view.getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  /**
   * @param tensor named in the message, which is not made unless it is needed: a file has many of these
   * @throws LoraError GGUF_LIMIT above 2^53 - 1
   */
  u64(what: string, tensor?: string): number {
    const high = this.#view.getUint32(this.position + 4, true);
    const value = this.#view.getUint32(this.position, true) + high * 2 ** 32;
    if (value > MAX_SAFE_VALUE) {
      const exact = this.#view.getBigUint64(this.position, true);
      const where = tensor === undefined ? "" : ` in ${quote(tensor)}`;
      throw this.limit(`has ${what} of ${exact}${where}, above 2^53 - 1`);
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
    // A name is copied where a view is at hand already: thousands of views cost more than the names.
    const copy = SHORT_NAMES[lengthBytes] ?? new Uint8Array(lengthBytes);
    for (let i = 0; i < lengthBytes; i += 1) {
      const byte = this.u8();
      if (byte <= 0x20 || byte >= 0x7f) throw this.invalid(`has ${what} that is not printable ASCII`);
      copy[i] = byte;
    }
    return DECODER.decode(copy);
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
