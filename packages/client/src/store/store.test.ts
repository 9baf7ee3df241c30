// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { writeFilesDurably } from "./durable-file.ts";
import { openStore, type Store } from "./store.ts";

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
const blob = { sha256: sha256Of(bytes), sizeBytes: bytes.length };

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-store-"));
  store = openStore(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* chunks(data: Uint8Array, failAt = Number.POSITIVE_INFINITY) {
  for (let at = 0; at < data.length; at += 10_000) {
    if (at >= failAt) throw new LoraError("REGISTRY_UNREACHABLE", "the line is dead");
    yield data.subarray(at, at + 10_000);
  }
}
const open = (data: Uint8Array, failAt?: number) => async (offset: number) =>
  chunks(data.subarray(offset), failAt);

describe("fetching a blob", () => {
  it("stores it read-only under its name and does not ask for it again", async () => {
    expect(await store.fetchBlob(blob, open(bytes))).toEqual({ fetched: true });
    expect(new Uint8Array(await readFile(store.blobPath(blob.sha256)))).toEqual(bytes);
    expect((await stat(store.blobPath(blob.sha256))).mode & 0o777).toBe(0o444);
    const never = () => Promise.reject(new Error("asked again"));
    expect(await store.fetchBlob(blob, never)).toEqual({ fetched: false });
  });

  it("goes on where a broken connection ended", async () => {
    await expect(store.fetchBlob(blob, open(bytes, 150_000))).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    expect(await store.hasBlob(blob)).toBe(false);
    const offsets: number[] = [];
    await store.fetchBlob(blob, async (offset) => {
      offsets.push(offset);
      return chunks(bytes.subarray(offset));
    });
    expect(offsets).toEqual([150_000]);
    await store.verifyBlob(blob);
  });

  const flipped = bytes.slice();
  flipped[123_456] = (flipped[123_456] as number) ^ 1;
  it.each([
    ["another byte", flipped, "DIGEST_MISMATCH"],
    ["too few bytes", bytes.subarray(0, 200_000), "SIZE_MISMATCH"],
    ["too many bytes", new Uint8Array([...bytes, 0]), "SIZE_MISMATCH"],
    ["nothing", new Uint8Array(), "SIZE_MISMATCH"],
  ])("refuses %s and keeps nothing of it", async (_what, data, code) => {
    await expect(store.fetchBlob(blob, open(data))).rejects.toMatchObject({ code });
    expect(await store.hasBlob(blob)).toBe(false);
    expect(await readdir(join(directory, "partial"))).toEqual([]);
    await store.fetchBlob(blob, open(bytes));
    await store.verifyBlob(blob);
  });

  it("stops reading an endless body at the signed size", async () => {
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent += 10_000;
        yield new Uint8Array(10_000);
      }
    }
    await expect(store.fetchBlob(blob, async () => endless())).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
    });
    expect(sent).toBeLessThanOrEqual(bytes.length + 20_000);
  });

  it("hashes the beginning that a killed process left, and trusts none of it", async () => {
    await mkdir(join(directory, "partial"));
    await writeFile(join(directory, "partial", blob.sha256), flipped.subarray(0, 200_000));
    await expect(store.fetchBlob(blob, open(bytes))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await store.fetchBlob(blob, open(bytes))).toEqual({ fetched: true });
  });

  it("fetches once for several processes that want it at the same time", async () => {
    const script = `
      import { openStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
      const blob = ${JSON.stringify(blob)};
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
      const { fetched } = await openStore(${JSON.stringify(directory)}).fetchBlob(blob, async (offset) => (async function* () {
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield bytes.subarray(offset);
      })());
      process.stdout.write(fetched ? "1" : "0");`;
    const outputs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(
          process.execPath,
          ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
          {
            stdio: ["ignore", "pipe", "inherit"],
          },
        );
        let output = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
        const [code] = (await once(child, "close")) as [number];
        expect(code).toBe(0);
        return output;
      }),
    );
    expect(outputs.sort()).toEqual(["0", "0", "0", "1"]);
    await store.verifyBlob(blob);
  });
});

it("notices a file that is no longer what was stored", async () => {
  await store.fetchBlob(blob, open(bytes));
  await chmod(store.blobPath(blob.sha256), 0o644);
  const rotten = bytes.slice();
  rotten[5] = 99;
  await writeFile(store.blobPath(blob.sha256), rotten);
  await expect(store.verifyBlob(blob)).rejects.toMatchObject({
    code: "STORE_CORRUPT",
    hint: "take it out and install again: lora cache verify --repair",
  });
  await expect(store.readBlob(blob)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
});

describe("writing several files", () => {
  it("changes none of them when one cannot be written", async () => {
    const [first, second] = [join(directory, "a.json"), join(directory, "file", "b.json")];
    await writeFilesDurably([{ path: first, data: "old" }]);
    await writeFile(join(directory, "file"), "a file where a directory is needed");
    await expect(
      writeFilesDurably([
        { path: first, data: "new" },
        { path: second, data: "new" },
      ]),
    ).rejects.toMatchObject({ code: "IO_FAILED" });
    expect(await readFile(first, "utf8")).toBe("old");
    expect((await readdir(directory)).sort()).toEqual(["a.json", "file"]);
  });
});
