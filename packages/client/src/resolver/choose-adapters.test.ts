// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { IndexVersion } from "../documents/index.ts";
import type { Fingerprint } from "../fingerprint/index.ts";
import { chooseAdapters } from "./choose-adapters.ts";
import type { StackLimits } from "./request.ts";
import { rulesOf } from "./rules.ts";

const base = { name: "llama", fingerprint: `lfp1:${"0".repeat(64)}` as Fingerprint };

/** "8 16x300 64": an adapter of each rank, of a thousand bytes a rank unless it says otherwise. */
function version(ranks: string): IndexVersion {
  const adapters = ranks
    .split(" ")
    .filter(Boolean)
    .map((text) => {
      const [rank = 0, sizeBytes = rank * 1000] = text.split("x").map(Number);
      return { file: `${text}.gguf`, rank, sizeBytes, base, targets: [] };
    });
  return { adapters } as unknown as IndexVersion;
}

function ranks(versions: readonly string[], limits: StackLimits) {
  const chosen = chooseAdapters(versions.map(version), rulesOf({ base, dependencies: {}, limits }));
  return chosen.map((adapter) => adapter?.file.slice(0, -5));
}

test.each<[string, string[], StackLimits, (string | undefined)[]]>([
  ["the highest rank without limits", ["8 64 16", "4"], {}, ["64", "4"]],
  ["no adapter for a bundle", ["", "4"], { maxRankSum: 4 }, [undefined, "4"]],
  ["the highest rank within maxRank", ["8 64 16"], { maxRank: 32 }, ["16"]],
  ["the smaller file of one rank", ["8x900 8x700 8x800"], {}, ["8x700"]],
  ["the highest gives way first", ["8 32", "16 64"], { maxRankSum: 64 }, ["32", "16"]],
  ["of equals the last gives way first", ["8 32", "8 32"], { maxRankSum: 48 }, ["32", "8"]],
  ["what was given up in vain is taken back", ["8 20", "8 64"], { maxRankSum: 28 }, ["20", "8"]],
  ["bytes bound too", ["8 64", "8 64"], { maxBytes: 80_000 }, ["64", "8"]],
  [
    "a lower rank may have the larger file",
    ["8x9000 16x5000", "8x1000"],
    { maxBytes: 8000 },
    ["16x5000", "8x1000"],
  ],
  [
    "both limits at once",
    ["8x900 16x300", "4x300 8x200"],
    { maxRankSum: 20, maxBytes: 1300 },
    ["8x900", "8x200"],
  ],
])("%s", (_, versions, limits, expected) => {
  expect(ranks(versions, limits)).toEqual(expected);
});
