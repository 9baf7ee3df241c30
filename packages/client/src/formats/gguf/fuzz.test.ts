// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { assertBaseRecord, fingerprintBase } from "../../fingerprint/index.ts";
import { readAdapter } from "./adapter.ts";
import { bytes, rawAdapter, rawBase, rawGguf, u32 } from "./raw-gguf.test.support.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../../test/fixtures/tiny-say/v1/${name}`, import.meta.url)));

/** Whether the file was taken. Anything thrown that is no LoraError fails the test. */
async function taken(read: (source: ReturnType<typeof bytesSource>) => Promise<unknown>, file: Uint8Array) {
  try {
    await read(bytesSource(file));
    return true;
  } catch (error) {
    if (error instanceof LoraError) return false;
    throw error;
  }
}

/** Refused, or a record that agrees with itself. */
async function fingerprint(source: ReturnType<typeof bytesSource>) {
  assertBaseRecord((await fingerprintBase(source)).record);
}

const READERS = [
  ["adapter", readAdapter, [rawGguf(rawAdapter()), fixture("shout.gguf")]],
  ["base", fingerprint, [rawGguf(rawBase()), fixture("base-q4_0.gguf")]],
] as const;

describe.each(READERS)("as %s", (_kind, read, valid) => {
  it("random bytes are refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (tail) => {
        expect(await taken(read, tail)).toBe(false);
        expect(await taken(read, bytes("GGUF", u32(3), tail))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("a sound file with random damage in its header is refused or still sound", async () => {
    const damage = fc.record({
      file: fc.constantFrom(...valid),
      // Counts, lengths, types and offsets are small numbers, so their damage is too.
      edits: fc.array(
        fc.record({
          at: fc.nat(),
          with: fc.oneof(
            fc.uint8Array({ minLength: 1, maxLength: 8 }),
            fc.constantFrom(new Uint8Array(8).fill(255)),
          ),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, edits }) => {
        const copy = file.slice();
        for (const edit of edits) copy.set(edit.with, edit.at % Math.min(2000, copy.length - 8));
        await taken(read, copy);
      }),
      { numRuns: 1500 },
    );
  });

  it("a sound file with bytes cut out or put in is refused or still sound", async () => {
    const damage = fc.record({
      file: fc.constantFrom(...valid),
      at: fc.nat(),
      cut: fc.nat(32),
      insert: fc.uint8Array({ maxLength: 32 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, at, cut, insert }) => {
        const start = at % Math.min(2000, file.length);
        await taken(read, bytes(file.subarray(0, start), insert, file.subarray(start + cut)));
      }),
      { numRuns: 500 },
    );
  });
});
