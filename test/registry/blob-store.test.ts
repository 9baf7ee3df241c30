// SPDX-License-Identifier: Apache-2.0
/** What a registry asks of a blob store, asked of each one that there is. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha256 } from "@lora/client/digest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type BlobClaim,
  type BlobStore,
  openFileBlobStore,
  openS3BlobStore,
} from "../../packages/registry/dist/index.js";
import { serviceUrl } from "../support/services.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex") as Sha256;
const claimOf = (bytes: Uint8Array): BlobClaim => ({ sha256: sha256(bytes), sizeBytes: bytes.length });
/** Bytes that differ from those of every other call, so that tests on one bucket never meet. */
function bytesOf(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i + (i >> 8));
  return length < 16
    ? bytes
    : Buffer.concat([crypto.getRandomValues(new Uint8Array(16)), bytes.subarray(16)]);
}
async function* chunksOf(bytes: Uint8Array, size = 64 * 1024) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const read = async (store: BlobStore, { sha256 }: BlobClaim, start: number, length: number) =>
  Buffer.concat(await (await store.read(sha256, start, length)).toArray());

/** As a client does: in parts, or by one PUT, or through the registry. */
async function bring(store: BlobStore, bytes: Uint8Array): Promise<void> {
  const claim = claimOf(bytes);
  const put = async (url: string, body: Uint8Array) =>
    expect((await fetch(url, { method: "PUT", body: new Uint8Array(body) })).status).toBe(200);
  const begun = await store.parts?.begin(claim, "somebody");
  if (store.parts !== undefined && begun !== undefined) {
    const { uploadId, partBytes } = begun;
    const numbers = Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, i) => i + 1);
    for (const { number, url } of await store.parts.presign(claim, "somebody", uploadId, numbers))
      await put(url, bytes.subarray((number - 1) * partBytes, number * partBytes));
    return store.parts.complete(claim, "somebody", uploadId);
  }
  const whole = await store.presignUpload(claim);
  if (whole === undefined) await store.stage(claim.sha256, chunksOf(bytes));
  else await put(whole.url, bytes);
}

interface Subject {
  store: BlobStore;
  /** Changes what is staged behind the store's back. */
  replaceStaged(claim: BlobClaim, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

async function openFiles(): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), "lora-blobs-"));
  return {
    store: await openFileBlobStore(directory),
    replaceStaged: ({ sha256 }, bytes) => writeFile(join(directory, "uploads", sha256), bytes),
    close: () => rm(directory, { recursive: true }),
  };
}

async function openS3(endpoint: string): Promise<Subject> {
  // S3's smallest parts, so that what is big here is not.
  const partSizes = { partsFromBytes: 6 * 1024 ** 2, partBytes: 5 * 1024 ** 2, partUrlSeconds: 60 };
  const store = await openS3BlobStore({ bucket: "lora-conformance", endpoint, partSizes });
  return {
    store,
    async replaceStaged({ sha256 }, bytes) {
      const direct = await store.presignUpload({ sha256, sizeBytes: bytes.length });
      const put = await fetch(direct?.url ?? "", {
        method: "PUT",
        body: new Uint8Array(bytes),
        headers: direct?.headers ?? {},
      });
      expect(put.status).toBe(200);
    },
    close: async () => {},
  };
}

/** The registry's own: what it has no name for in its store. */
function awsSdk() {
  const require = createRequire(new URL("../../packages/registry/package.json", import.meta.url));
  return require("@aws-sdk/client-s3") as {
    S3Client: new (options: object) => { send(command: object): Promise<{ Uploads?: { Key: string }[] }> };
    CreateMultipartUploadCommand: new (input: object) => object;
    ListMultipartUploadsCommand: new (input: object) => object;
  };
}

const endpoint = serviceUrl("S3_ENDPOINT");
const SUBJECTS: [string, boolean, () => Promise<Subject>][] = [
  ["files", true, openFiles],
  ["S3", endpoint !== undefined, () => openS3(endpoint ?? "")],
];

describe.each(SUBJECTS)("blobs in %s", (_name, isThere, open) => {
  let subject: Subject;
  let store: BlobStore;
  beforeEach(async (context) => {
    if (!isThere) context.skip("S3_ENDPOINT is not set");
    subject = await open();
    store = subject.store;
  });
  afterEach(() => subject?.close());

  it("keeps a memo, and replaces only the one that the writer has read", async () => {
    const before = await store.readMemo("log");
    await store.writeMemo("log", "first", before);
    const first = await store.readMemo("log");
    expect(first?.text).toBe("first");
    await store.writeMemo("log", "second", first);
    await expect(store.writeMemo("log", "late", first)).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
    });
    await expect(store.writeMemo("log", "late", undefined)).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
    });
    expect((await store.readMemo("log"))?.text).toBe("second");
  });

  it.each([[0], [1], [300_000], [12 * 1024 * 1024]])(
    "come back as they went in: %i bytes",
    async (length) => {
      const bytes = bytesOf(length);
      const claim = claimOf(bytes);
      await store.stage(claim.sha256, chunksOf(bytes));
      expect(await store.has(claim)).toBe(true);
      await using blob = await store.verify(claim);
      expect(blob.source.sizeBytes).toBe(length);
      await blob.promote();
      expect(await store.has(claim)).toBe(true);
      if (length > 0) expect(sha256(await read(store, claim, 0, length))).toBe(claim.sha256);
    },
  );

  it("are brought by the way that the store offers for their size, and come back as they went in", async () => {
    for (const length of [1000, 11 * 1024 ** 2]) {
      const bytes = bytesOf(length);
      const claim = claimOf(bytes);
      await bring(store, bytes);
      expect(await store.isStaged(claim)).toBe(true);
      await using blob = await store.verify(claim);
      await blob.promote();
      expect(sha256(await read(store, claim, 0, length))).toBe(claim.sha256);
    }
  });

  it("are read in part, by the validator and by clients", async () => {
    const bytes = bytesOf(3_000_000);
    const claim = claimOf(bytes);
    await store.stage(claim.sha256, chunksOf(bytes));
    await using blob = await store.verify(claim);
    for (const [at, length] of [
      [0, 4],
      [4, 20],
      [2_999_990, 10],
      [1_048_570, 12],
      [5, 2_000_000],
      [7, 0],
    ] as const) {
      expect(Buffer.from(await blob.source.read(at, length))).toEqual(bytes.subarray(at, at + length));
    }
    await blob.promote();
    expect(await read(store, claim, 1_000_000, 7)).toEqual(bytes.subarray(1_000_000, 1_000_007));
    expect(await read(store, claim, 2_999_999, 1)).toEqual(bytes.subarray(2_999_999));
  });

  it("are refused under another digest, and nothing of them stays", async () => {
    const bytes = bytesOf(100_000);
    const claim = { ...claimOf(bytesOf(100_000)), sizeBytes: bytes.length };
    await expect(store.stage(claim.sha256, chunksOf(bytes))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      details: { sha256: claim.sha256, found: sha256(bytes) },
    });
    expect(await store.has(claim)).toBe(false);
    await expect(store.verify(claim)).rejects.toMatchObject({ code: "UPLOAD_MISSING" });
  });

  it("that break off leave nothing", async () => {
    const bytes = bytesOf(7 * 1024 * 1024);
    const claim = claimOf(bytes);
    async function* broken() {
      yield* chunksOf(bytes.subarray(0, 6 * 1024 * 1024));
      throw new Error("gone");
    }
    await expect(store.stage(claim.sha256, broken())).rejects.toThrow();
    expect(await store.has(claim)).toBe(false);
  });

  it("of another size than claimed are refused", async () => {
    const bytes = bytesOf(1000);
    const claim = { ...claimOf(bytes), sizeBytes: 999 };
    await store.stage(claim.sha256, chunksOf(bytes));
    expect(await store.has(claim)).toBe(false);
    await expect(store.verify(claim)).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
      details: { found: 1000 },
    });
    await (await store.verify(claimOf(bytes)))[Symbol.asyncDispose]();
  });

  it("that are not there are missing", async () => {
    await expect(store.verify(claimOf(bytesOf(50)))).rejects.toMatchObject({ code: "UPLOAD_MISSING" });
    await expect(store.read(claimOf(bytesOf(50)).sha256, 0, 1)).rejects.toMatchObject({
      code: "STORE_CORRUPT",
    });
  });

  it("that are only staged are not read", async () => {
    const bytes = bytesOf(50);
    await store.stage(sha256(bytes), chunksOf(bytes));
    await expect(store.read(sha256(bytes), 0, 1)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  it("that were changed where they were staged are found out, and make room for a new upload", async () => {
    const bytes = bytesOf(1000);
    const claim = claimOf(bytes);
    await store.stage(claim.sha256, chunksOf(bytes));
    await subject.replaceStaged(claim, bytes.with(999, 7));
    await expect(store.verify(claim)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(await store.has(claim)).toBe(false);
    await store.stage(claim.sha256, chunksOf(bytes));
    await using blob = await store.verify(claim);
    await blob.promote();
    expect(await read(store, claim, 0, 1000)).toEqual(Buffer.from(bytes));
  });

  it("can be promoted by several publishes at once, and again later", async () => {
    const bytes = bytesOf(200_000);
    const claim = claimOf(bytes);
    await store.stage(claim.sha256, chunksOf(bytes));
    const blobs = await Promise.all([1, 2, 3].map(() => store.verify(claim)));
    await Promise.all(blobs.map((blob) => blob.promote()));
    for (const blob of blobs) await blob[Symbol.asyncDispose]();
    await using again = await store.verify(claim);
    await again.promote();
    expect(sha256(await read(store, claim, 0, bytes.length))).toBe(claim.sha256);
  });

  it("are swept away when they were staged long ago and never promoted", async () => {
    const [kept, left] = [bytesOf(100), bytesOf(101)];
    for (const bytes of [kept, left]) await store.stage(sha256(bytes), chunksOf(bytes));
    await using blob = await store.verify(claimOf(kept));
    await blob.promote();
    // A server's clock tells whole seconds; what it says is long ago is so in an hour's time at the latest.
    expect(await store.sweep(new Date(Date.now() - 3_600_000))).toBe(0);
    expect(await store.has(claimOf(left))).toBe(true);
    expect(await store.sweep(new Date(Date.now() + 3_600_000))).toBeGreaterThanOrEqual(1);
    expect(await store.has(claimOf(left))).toBe(false);
    expect(await store.has(claimOf(kept))).toBe(true);
  });
});

describe.skipIf(endpoint === undefined)("blobs that clients fetch from S3 themselves", () => {
  const stored = async () => {
    const store = await openS3BlobStore({ bucket: "lora-conformance", endpoint: endpoint ?? "" });
    const bytes = bytesOf(100_000);
    await store.stage(sha256(bytes), chunksOf(bytes));
    await using blob = await store.verify(claimOf(bytes));
    await blob.promote();
    return { store, bytes };
  };

  it("come whole and in part by a URL that needs no rights", async () => {
    const { store, bytes } = await stored();
    const url = (await store.presignDownload(sha256(bytes), 60)) ?? "";
    const whole = await fetch(url);
    expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(bytes));
    expect(whole.headers.get("cache-control")).toContain("immutable");
    const part = await fetch(url, { headers: { range: "bytes=10-19" } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)]);
    expect(await store.presignDownload(sha256(bytes), 60)).toBe(url);
  });

  it("come no longer than the URL was given for", async () => {
    const { store, bytes } = await stored();
    const url = (await store.presignDownload(sha256(bytes), 1)) ?? "";
    expect(new URL(url).searchParams.get("X-Amz-Expires")).toBe("1");
    await expect.poll(async () => (await fetch(url)).status, { timeout: 10_000, interval: 500 }).toBe(403);
  });

  it("go through the registry where the operator says so", async () => {
    const store = await openS3BlobStore({
      bucket: "lora-conformance",
      endpoint: endpoint ?? "",
      isProxied: true,
    });
    const bytes = bytesOf(1000);
    expect(await store.presignUpload(claimOf(bytes))).toBeUndefined();
    expect(await store.presignDownload(sha256(bytes), 60)).toBeUndefined();
  });

  it("that were begun in parts and never finished are swept away", async () => {
    const { S3Client, CreateMultipartUploadCommand, ListMultipartUploadsCommand } = awsSdk();
    const client = new S3Client({ endpoint: endpoint ?? "", forcePathStyle: true });
    const Key = `uploads/${sha256(bytesOf(100))}`;
    const { store } = await stored();
    await client.send(new CreateMultipartUploadCommand({ Bucket: "lora-conformance", Key }));
    const begun = async () => {
      const found = await client.send(new ListMultipartUploadsCommand({ Bucket: "lora-conformance" }));
      return (found.Uploads ?? []).map((upload) => upload.Key);
    };
    expect(await begun()).toContain(Key);
    await store.sweep(new Date(Date.now() - 3_600_000));
    expect(await begun()).toContain(Key);
    await store.sweep(new Date(Date.now() + 3_600_000));
    expect(await begun()).not.toContain(Key);
  });
});

describe("blobs in files", () => {
  it("that are damaged where they are stored are the registry's own fault, until they are uploaded again", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lora-blobs-"));
    const store = await openFileBlobStore(directory);
    const bytes = bytesOf(1000);
    const claim = claimOf(bytes);
    await store.stage(claim.sha256, chunksOf(bytes));
    const first = await store.verify(claim);
    await first.promote();
    await first[Symbol.asyncDispose]();

    const path = join(directory, "sha256", claim.sha256.slice(0, 2), claim.sha256);
    await writeFile(path, bytes.with(0, 255));
    await expect(store.verify(claim)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await store.stage(claim.sha256, chunksOf(bytes));
    const second = await store.verify(claim);
    await second.promote();
    await second[Symbol.asyncDispose]();
    expect(await readFile(path)).toEqual(Buffer.from(bytes));
    await rm(directory, { recursive: true });
  });

  it("that were being received when the process died are gone at the next start", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lora-blobs-"));
    await openFileBlobStore(directory);
    await writeFile(join(directory, "uploads", "0b9e.part"), "half");
    await openFileBlobStore(directory);
    await expect(readFile(join(directory, "uploads", "0b9e.part"))).rejects.toMatchObject({ code: "ENOENT" });
    await rm(directory, { recursive: true });
  });
});

describe.skipIf(endpoint === undefined)("blobs that clients bring to S3 themselves", () => {
  const open = () => openS3BlobStore({ bucket: "lora-conformance", endpoint: endpoint ?? "" });

  it("arrive by the URL that was given out for them", async () => {
    const store = await open();
    const bytes = bytesOf(100_000);
    const direct = await store.presignUpload(claimOf(bytes));
    const put = await fetch(direct?.url ?? "", {
      method: "PUT",
      body: new Uint8Array(bytes),
      headers: direct?.headers ?? {},
    });
    expect(put.status).toBe(200);
    await using blob = await store.verify(claimOf(bytes));
    await blob.promote();
    expect(sha256(await read(store, claimOf(bytes), 0, bytes.length))).toBe(sha256(bytes));
  });

  it("have the announced length and no other", async () => {
    const store = await open();
    const bytes = bytesOf(1000);
    const direct = await store.presignUpload(claimOf(bytes));
    const put = await fetch(direct?.url ?? "", { method: "PUT", body: new Uint8Array(1001) });
    expect(put.status).toBe(403);
    expect(await store.has(claimOf(bytes))).toBe(false);
  });

  it("are promoted as they were verified, though the client changed them in between", async () => {
    const store = await open();
    const bytes = bytesOf(1000);
    const claim = claimOf(bytes);
    const direct = await store.presignUpload(claim);
    const put = (body: Uint8Array) => fetch(direct?.url ?? "", { method: "PUT", body: new Uint8Array(body) });
    await put(bytes);
    await using blob = await store.verify(claim);
    await put(bytes.with(500, 1));
    expect(Buffer.from(await blob.source.read(0, 1000))).toEqual(Buffer.from(bytes));
    await blob.promote();
    expect(await read(store, claim, 0, 1000)).toEqual(Buffer.from(bytes));
  });
});

it.runIf(process.platform === "linux")(
  "is refused, not waited for, where no directory can be made",
  async () => {
    await expect(openFileBlobStore("/proc/lora-nothing/blobs")).rejects.toMatchObject({ code: "IO_FAILED" });
  },
);
