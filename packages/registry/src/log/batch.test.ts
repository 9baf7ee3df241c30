// SPDX-License-Identifier: Apache-2.0
import { EMPTY_EDGE, formatLogEntry, growTree, hashLeaf, isInclusionProof } from "@lora/client/transparency";
import { expect, it } from "vitest";
import { type ChainEnd, makeBatch, type PendingRow } from "./batch.ts";

const digest = (i: number) => i.toString(16).padStart(64, "0");
const published = (i: number, pkg = `@demo/p${i % 7}`): PendingRow => ({
  id: i + 1,
  subject: pkg,
  entry: { t: "publish", pkg, version: `1.0.${i}`, id: digest(i), keyid: digest(0) },
});

it("proves every entry of every batch, across the borders of tiles of every level", async () => {
  for (const before of [0, 1, 255, 65_280]) {
    const earlier = Array.from({ length: before }, (_, i) => hashLeaf(Buffer.from(`earlier ${i}`)));
    let { edge } = growTree(EMPTY_EDGE, earlier);
    const ends = new Map<string, ChainEnd>();
    let next = before;
    for (const count of [1, 2, 253, 1, 600]) {
      const rows = Array.from({ length: count }, (_, i) => published(next + i));
      next += count;
      const batch = await makeBatch(edge, rows, ends);
      expect(batch.tree.size).toBe(next);
      for (const entry of batch.entries) {
        const claim = { index: entry.index, leafHash: hashLeaf(entry.bytes), ...batch.tree };
        expect(isInclusionProof(entry.proof, claim)).toBe(true);
      }
      for (const { subject, index, entry } of batch.entries) ends.set(subject, { index, seq: entry.seq });
      edge = batch.edge;
    }
  }
});

it("chains the entries of a subject, within a batch and from one to the next", async () => {
  const first = await makeBatch(
    EMPTY_EDGE,
    [published(0, "@a/x"), published(1, "@a/y"), published(2, "@a/x")],
    new Map(),
  );
  expect(first.entries.map(({ entry: { seq, prev } }) => [seq, prev])).toEqual([
    [0, null],
    [0, null],
    [1, 0],
  ]);
  const second = await makeBatch(
    first.edge,
    [published(3, "@a/x")],
    new Map([["@a/x", { index: 2, seq: 1 }]]),
  );
  expect(second.entries[0]?.entry).toMatchObject({ seq: 2, prev: 2 });
});

it("lets a revocation count from its own index unless it says an earlier one", async () => {
  const revoke = (id: number, more: object): PendingRow => ({
    id,
    subject: "@demo",
    entry: { t: "key.revoke", scope: "@demo", keyid: digest(1), ...more },
  });
  const { entries } = await makeBatch(
    EMPTY_EDGE,
    [published(0), revoke(2, {}), revoke(3, { validBefore: 0 })],
    new Map(),
  );
  expect(entries.slice(1).map(({ entry }) => entry.t === "key.revoke" && entry.validBefore)).toEqual([1, 0]);
});

it("lets nothing in that the log's readers would refuse", async () => {
  const row: PendingRow = { id: 1, subject: "@demo", entry: { t: "scope.create", scope: "not a scope" } };
  await expect(makeBatch(EMPTY_EDGE, [row], new Map())).rejects.toMatchObject({ code: "LOG_ENTRY_INVALID" });
});

it("makes the same bytes of the same entries", async () => {
  const rows = Array.from({ length: 300 }, (_, i) => published(i));
  const [once, again] = [
    await makeBatch(EMPTY_EDGE, rows, new Map()),
    await makeBatch(EMPTY_EDGE, rows, new Map()),
  ];
  expect(again.tree).toEqual(once.tree);
  expect(again.entries.map(({ entry }) => formatLogEntry(entry))).toEqual(
    once.entries.map(({ bytes }) => bytes),
  );
});
