// SPDX-License-Identifier: Apache-2.0
import { cpus } from "node:os";
import { describe, expect, it } from "vitest";
import { chooseThreads, countCores, defaultThreads, MAX_THREADS } from "./threads.ts";

describe("chooseThreads", () => {
  it("takes LORA_THREADS", async () => {
    expect(await chooseThreads({ LORA_THREADS: "3" })).toBe(3);
  });

  it.each(["0", "-1", "1.5", "two", "1e3", String(MAX_THREADS + 1)])(
    "refuses LORA_THREADS=%s",
    async (text) => {
      await expect(chooseThreads({ LORA_THREADS: text })).rejects.toMatchObject({ code: "USAGE" });
    },
  );

  it("leaves something of this machine to others", async () => {
    const threads = await chooseThreads({});
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThanOrEqual(Math.max(1, cpus().length - 1));
  });
});

describe("defaultThreads", () => {
  it.each([
    ["one core", 1, 1, 1],
    ["two cores", 2, 2, 1],
    ["eight cores with two hyper-threads each", 8, 16, 7],
    ["a container that may use two of eight cores", 8, 2, 1],
    ["sixty-four cores", 64, 64, 63],
  ])("on %s", (_, physical, available, expected) => {
    expect(defaultThreads(physical, available)).toBe(expected);
  });
});

describe("countCores", () => {
  it.each([
    ["each processor a core", ["0\n", "1\n"], 2],
    ["hyper-threads far apart", ["0,2\n", "1,3\n", "0,2\n", "1,3\n"], 2],
    ["hyper-threads side by side", ["0-1\n", "0-1\n", "2-3\n", "2-3\n"], 2],
    ["a processor that is switched off", ["0\n", ""], 1],
    ["no such files", [], undefined],
  ])("with %s", (_, siblings, expected) => {
    expect(countCores(siblings)).toBe(expected);
  });
});
