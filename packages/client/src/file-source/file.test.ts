// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openFileSource } from "./file.ts";

const directory = mkdtempSync(join(tmpdir(), "lora-file-source-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

/** To root every file is readable, so the tests of a container are run as nobody for a moment. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("openFileSource", () => {
  it("reads any part of a file", async () => {
    const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
    writeFileSync(path("file"), content);
    await using source = await openFileSource(path("file"));
    expect(source.sizeBytes).toBe(1000);
    for (const [offset, length] of [
      [0, 1000],
      [0, 0],
      [999, 1],
      [137, 400],
    ] as const)
      expect(await source.read(offset, length)).toEqual(content.slice(offset, offset + length));
    const room = new Uint8Array(3);
    expect(await source.read(10, 3, room)).toBe(room);
    expect(room).toEqual(content.slice(10, 13));
  });

  it("closes the file when it is disposed of", async () => {
    writeFileSync(path("closed"), "x");
    const source = await openFileSource(path("closed"));
    await source[Symbol.asyncDispose]();
    await expect(source.read(0, 1)).rejects.toMatchObject({ name: "LoraError", code: "IO_FAILED" });
  });

  it("says which file does not exist", async () => {
    for (const missing of [path("missing"), join(path("file"), "below")])
      await expect(openFileSource(missing)).rejects.toMatchObject({
        code: "FILE_NOT_FOUND",
        message: `${missing} does not exist`,
      });
  });

  it("refuses a directory, a device and a pipe, without waiting for a writer", async () => {
    execFileSync("mkfifo", [path("pipe")]);
    await expect(openFileSource(directory)).rejects.toMatchObject({
      code: "IO_FAILED",
      message: `${directory} is a directory`,
    });
    for (const other of ["/dev/null", path("pipe")])
      await expect(openFileSource(other)).rejects.toMatchObject({ code: "IO_FAILED" });
  });

  it("says which file may not be read", async () => {
    writeFileSync(path("secret"), "x");
    chmodSync(path("secret"), 0);
    await asOrdinaryUser(async () => {
      await expect(openFileSource(path("secret"))).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
        message: `${path("secret")} may not be read`,
      });
    });
  });

  it("fails where the file was cut after it was opened", async () => {
    writeFileSync(path("cut"), "0123456789");
    await using source = await openFileSource(path("cut"));
    truncateSync(path("cut"), 4);
    await expect(source.read(2, 6)).rejects.toMatchObject({ code: "IO_FAILED" });
  });
});
