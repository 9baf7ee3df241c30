// SPDX-License-Identifier: Apache-2.0
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import type { SigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../blobs/index.ts";
import { makeScope, publish, type Signed, sign, upload } from "../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../test/registry.ts";
import { collectGarbage } from "./collect-garbage.ts";

const HOUR_MS = 3_600_000;
const readme = (bytes: Uint8Array) => ({ files: { "README.md": bytes }, manifest: { readme: "README.md" } });
const bytesOf = (text: string) => new TextEncoder().encode(text);

let registry: TestRegistry;
let key: SigningKey;

const collect = (isDryRun = false, before = new Date(Date.now() + HOUR_MS)) =>
  collectGarbage({ database: registry.deps, blobs: registry.deps.blobs }, before, isDryRun);

/** As a publish leaves it that failed after its blobs were stored. */
async function storeOrphan(store: BlobStore, bytes: Uint8Array): Promise<void> {
  const sha256 = sha256Hex(bytes);
  await store.stage(
    sha256,
    (async function* () {
      yield bytes;
    })(),
  );
  await using blob = await store.verify({ sha256, sizeBytes: bytes.length });
  await blob.promote();
}

async function filesAreServed({ files }: Signed): Promise<void> {
  for (const bytes of files.values()) {
    const served = await registry.bytes(`/blobs/sha256/${sha256Hex(bytes)}`);
    expect(sha256Hex(served)).toBe(sha256Hex(bytes));
  }
}

beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
});
afterAll(() => registry.close());

describe("gc", () => {
  it("removes blobs that no version has and uploads that nobody published, and nothing else", async () => {
    const { signed } = await publish(registry, key, { ...readme(bytesOf("# kept")) });
    await storeOrphan(registry.deps.blobs, bytesOf("orphan"));
    await upload(registry, await sign(key, { version: "2.0.0" }));
    expect(await collect(true)).toEqual({ blobs: 1, bytes: 6, uploads: 1 });
    expect(await registry.stored()).toMatchObject({ blobs: 2, files: 3 });
    expect(await collect()).toEqual({ blobs: 1, bytes: 6, uploads: 1 });
    expect(await registry.stored()).toMatchObject({ blobs: 2, files: 2 });
    expect(await registry.staged()).toEqual([]);
    await filesAreServed(signed);
    expect(await collect()).toEqual({ blobs: 0, bytes: 0, uploads: 0 });
  });

  it("leaves what is younger than the grace period", async () => {
    const [young, old] = [bytesOf("young"), bytesOf("old!")];
    for (const bytes of [young, old]) await storeOrphan(registry.deps.blobs, bytes);
    const name = sha256Hex(old);
    const path = join(registry.directory, "sha256", name.slice(0, 2), name);
    await utimes(path, new Date(), new Date(Date.now() - 25 * HOUR_MS));
    expect(await collect(false, new Date(Date.now() - 24 * HOUR_MS))).toMatchObject({ blobs: 1, bytes: 4 });
    expect(await registry.deps.blobs.isStored({ sha256: sha256Hex(young), sizeBytes: 5 })).toBe(true);
  });

  it("while publishes go on never takes what one of them refers to", async () => {
    const outcomes: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const drafts = await Promise.all(
        [0, 1].map((i) => sign(key, { version: `1.${round}.${i}`, ...readme(bytesOf(`# ${round}`)) })),
      );
      // Stored already, as by a publish that failed: the next one only refers to it.
      await storeOrphan(registry.deps.blobs, bytesOf(`# ${round}`));
      for (const signed of drafts) await upload(registry, signed);
      const [one, two] = drafts as [Signed, Signed];
      const answers = await Promise.all([
        registry.send("PUT", one.path, { bundle: one.bundle }),
        collect(),
        registry.send("PUT", two.path, { bundle: two.bundle }),
        collect(),
      ]);
      for (const [answer, signed] of [
        [answers[0], one],
        [answers[2], two],
      ] as const) {
        outcomes.push(answer.status);
        if (answer.status === 201) await filesAreServed(signed);
        else expect(answer).toMatchObject({ status: 409, body: { error: { code: "UPLOAD_MISSING" } } });
      }
    }
    expect(outcomes).toHaveLength(12);
  });

  it("that came in between a publish's check and its rows is noticed: nothing is stored, and it can be repeated", async () => {
    const signed = await sign(key, { ...readme(bytesOf("# between")) });
    await upload(registry, signed);
    const { blobs } = registry.deps;
    // What a removal that has just been committed leaves: promoted, and gone before the rows were written.
    registry.override({
      blobs: { ...blobs, isStored: async (claim) => claim.sizeBytes !== 9 && blobs.isStored(claim) },
    });
    const answer = await registry.send("PUT", signed.path, { bundle: signed.bundle });
    expect(answer).toMatchObject({ status: 409, body: { error: { code: "UPLOAD_MISSING" } } });
    expect(await registry.stored()).toMatchObject({ packages: 0, versions: 0, version_files: 0, blobs: 0 });
    registry.override({});
    await upload(registry, signed);
    expect((await registry.send("PUT", signed.path, { bundle: signed.bundle })).status).toBe(201);
    await filesAreServed(signed);
  });
});
