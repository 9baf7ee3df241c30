// SPDX-License-Identifier: Apache-2.0
/** Random access to bytes that may be far away or larger than memory: a file, a browser's `File`, a URL read by ranges. */
export interface ByteSource {
  /** For messages: a path, a URL, a file name. Controlled by whoever named the file. */
  readonly name: string;
  readonly sizeBytes: number;
  /**
   * Exactly `lengthBytes` bytes from `offset`. Callers stay within `sizeBytes`.
   * @param into room for as many bytes: a source that can puts them there and returns it, others take no notice
   * @throws LoraError IO_FAILED or REGISTRY_UNREACHABLE when the source gives fewer
   */
  read(offset: number, lengthBytes: number, into?: Uint8Array): Promise<Uint8Array>;
}
