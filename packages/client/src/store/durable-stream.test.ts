// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeStreamDurably } from "./durable-stream.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-stream-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** In one piece of memory, as a producer that uses it again. */
async function* chunksOf(lengths: readonly number[]) {
  const room = new Uint8Array(Math.max(0, ...lengths));
  for (const [i, length] of lengths.entries()) yield room.fill(i + 1).subarray(0, length);
}

describe("writeStreamDurably", () => {
  it("writes all chunks in order, whatever their sizes", async () => {
    const length = fc.oneof(fc.nat(10), fc.constantFrom(0, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2_500_000));
    const path = join(directory, "file");
    await fc.assert(
      fc.asyncProperty(fc.array(length, { maxLength: 8 }), async (lengths) => {
        let told = 0;
        await writeStreamDurably(path, chunksOf(lengths), (bytes) => {
          told += bytes;
        });
        const written = await readFile(path);
        const wanted = Buffer.concat(lengths.map((n, i) => Buffer.alloc(n, i + 1)));
        expect(written.equals(wanted)).toBe(true);
        expect(told).toBe(wanted.length);
      }),
      { numRuns: 25 },
    );
    expect(await readdir(directory)).toEqual(["file"]);
  });

  it("writes more than it syncs at once", async () => {
    const path = join(directory, "large");
    await writeStreamDurably(path, chunksOf([20_000_000, 20_000_000]));
    const written = await readFile(path);
    expect(written.length).toBe(40_000_000);
    expect(written.indexOf(2)).toBe(20_000_000);
    expect(written.lastIndexOf(1)).toBe(19_999_999);
  });

  it("leaves what was there when the chunks fail", async () => {
    const path = join(directory, "kept");
    await writeFile(path, "old");
    const failing = async function* () {
      yield new Uint8Array(3_000_000);
      throw new RangeError("broken");
    };
    await expect(writeStreamDurably(path, failing())).rejects.toThrow("broken");
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(directory)).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
  });

  it("leaves nothing where its place is taken by a directory", async () => {
    const path = join(directory, "taken");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeStreamDurably(path, chunksOf([5]))).rejects.toMatchObject({ code: "IO_FAILED" });
    expect((await readdir(directory)).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
  });
});
