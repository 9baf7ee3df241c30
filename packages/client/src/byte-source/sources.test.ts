// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobSource } from "./blob.ts";
import { bufferedSource } from "./buffered.ts";
import type { ByteSource } from "./byte-source.ts";
import { bytesSource } from "./memory.ts";

const CONTENT = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);

const SOURCES: [string, () => ByteSource][] = [
  ["bytes", () => bytesSource(CONTENT)],
  ["a blob", () => blobSource(new Blob([CONTENT]), "content")],
  ["small blocks of bytes", () => bufferedSource(bytesSource(CONTENT), { blockBytes: 64, maxBlocks: 2 })],
  ["one large block", () => bufferedSource(blobSource(new Blob([CONTENT]), "content"), { blockBytes: 4096 })],
];

describe.each(SOURCES)("a source of %s", (_name, open) => {
  it("gives any part, whatever was read before", async () => {
    const part = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([x, y]) => [Math.min(x, y), Math.max(x, y)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const source = open();
        expect(source.sizeBytes).toBe(1000);
        const reads = parts.map(([start, end]) => source.read(start, end - start));
        for (const [i, bytes] of (await Promise.all(reads)).entries())
          expect(new Uint8Array(bytes)).toEqual(CONTENT.slice(...(parts[i] ?? [0, 0])));
      }),
    );
  });

  it("fails behind its end", async () => {
    await expect(open().read(999, 2)).rejects.toMatchObject({ name: "LoraError", code: "IO_FAILED" });
  });
});

describe("blobSource", () => {
  it("says that a file which changed is to be chosen again", async () => {
    const gone = {
      size: 10,
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }),
    };
    await expect(blobSource(gone as unknown as Blob, "model.gguf").read(0, 5)).rejects.toMatchObject({
      code: "IO_FAILED",
      message: "model.gguf can no longer be read",
      hint: "choose the file again",
    });
  });
});

describe("bufferedSource", () => {
  /** Fails as often as `failures` says, and notes what it was asked for. */
  function noting(failures = 0) {
    const reads: [number, number][] = [];
    let left = failures;
    const source: ByteSource = {
      name: "noting",
      sizeBytes: CONTENT.length,
      read: async (offset, lengthBytes) => {
        reads.push([offset, lengthBytes]);
        left -= 1;
        if (left >= 0) throw new Error("not now");
        return CONTENT.slice(offset, offset + lengthBytes);
      },
    };
    return { source, reads };
  }

  it("reads a block once for many small reads, also at the same time", async () => {
    const { source, reads } = noting();
    const buffered = bufferedSource(source, { blockBytes: 100 });
    await Promise.all([
      buffered.read(0, 4),
      buffered.read(4, 8),
      buffered.read(90, 20),
      buffered.read(120, 1),
    ]);
    expect(reads).toEqual([
      [0, 100],
      [100, 100],
    ]);
  });

  it("reads no more than there is, and what is longer than a block directly", async () => {
    const { source, reads } = noting();
    const buffered = bufferedSource(source, { blockBytes: 300 });
    await buffered.read(950, 50);
    await buffered.read(100, 500);
    expect(reads).toEqual([
      [900, 100],
      [100, 500],
    ]);
  });

  it("drops the block that was longest unused", async () => {
    const { source, reads } = noting();
    const buffered = bufferedSource(source, { blockBytes: 100, maxBlocks: 2 });
    for (const offset of [0, 100, 0, 200, 0, 100]) await buffered.read(offset, 1);
    expect(reads.map(([offset]) => offset)).toEqual([0, 100, 200, 100]);
  });

  it("does not remember a failure", async () => {
    const { source } = noting(1);
    const buffered = bufferedSource(source, { blockBytes: 100 });
    await expect(buffered.read(0, 4)).rejects.toThrow("not now");
    expect(await buffered.read(0, 4)).toEqual(CONTENT.slice(0, 4));
  });
});
