// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-directories-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("makeDirectory", () => {
  it("makes those above too, with the mode, and is content with what is there", async () => {
    const path = join(directory, "a", "b", "c");
    await makeDirectory(path, 0o700);
    await makeDirectory(path);
    const found = await stat(join(directory, "a", "b"));
    expect(found.isDirectory()).toBe(true);
    if (process.platform !== "win32") expect(found.mode & 0o777).toBe(0o700);
    await makeDirectory(join(directory, "..", "/"));
  });

  it("makes one directory for all who want it at once", async () => {
    const path = join(directory, "many", "at", "once");
    await Promise.all(Array.from({ length: 20 }, () => makeDirectory(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.runIf(process.platform === "linux")("ends where nothing can be made", async () => {
    for (const path of ["/proc/lora-nothing", "/proc/lora-nothing/below/it"])
      await expect(makeDirectory(path)).rejects.toMatchObject({
        code: "IO_FAILED",
        message: "no directory can be made in /proc",
      });
  });

  it("refuses a file in the way, and a link to nowhere", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(makeDirectory(join(directory, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeDirectory(join(directory, "file", "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
    await symlink(join(directory, "nowhere"), join(directory, "link"));
    await expect(makeDirectory(join(directory, "link"))).rejects.toMatchObject({ code: "EEXIST" });
  });
});
