// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { diffLines } from "./compare/diff-lines.ts";
import { placeOf, SHADES, shadeOf } from "./compare/heat-map.tsx";
import { keepSums } from "./data/kept.ts";
import { spellLicense } from "./data/licenses.ts";
import { formatFeed } from "./feeds/get.ts";
import { formatAge, formatCount, formatShortCount, formatSize } from "./format.ts";
import { searchUrl } from "./paths.ts";
import { formatBadge } from "./pictures/badge.ts";
import { drawnOf } from "./pictures/draw.ts";

describe("numbers and times for people", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [72_480, "72.5 kB"],
    [999_600, "1.0 MB"],
    [4_700_000_000, "4.7 GB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

  it.each([
    [7, "7", "7"],
    [1234, "1,234", "1.2k"],
    [1_000_000, "1,000,000", "1M"],
  ])("%d is %s, or %s", (count, long, short) => {
    expect([formatCount(count), formatShortCount(count)]).toEqual([long, short]);
  });

  it("says how long ago, never in the future", () => {
    const now = new Date("2026-11-22T12:00:00Z");
    const ages = [
      "2026-11-22T11:59:30Z",
      "2026-11-22T10:00:00Z",
      "2026-11-20T12:00:00Z",
      "2026-11-23T00:00:00Z",
    ];
    expect(ages.map((age) => formatAge(new Date(age), now))).toEqual([
      "just now",
      "2 hours ago",
      "2 days ago",
      "just now",
    ]);
  });
});

describe("the lines of two manifests", () => {
  it("are shown once where they are the same", () => {
    expect(diffLines("a\nb\nc", "a\nx\nc\nd").map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "same a",
      "removed b",
      "added x",
      "same c",
      "added d",
    ]);
  });

  it("give back both texts, whatever they are", () => {
    const [one, two] = ["x\ny\nx\nz", "y\nx\nx\nw\nz"];
    const lines = diffLines(one, two);
    const of = (left: string) => lines.filter(({ kind }) => kind !== left).map(({ text }) => text);
    expect([of("added").join("\n"), of("removed").join("\n")]).toEqual([one, two]);
  });
});

describe("the heat map", () => {
  it("finds layer and module in a tensor's name", () => {
    expect(placeOf("blk.12.attn_q.weight")).toEqual({ layer: 12, module: "attn_q" });
    expect(placeOf("token_embd.weight")).toEqual({ layer: 0, module: "token_embd" });
  });

  it("leaves the lightest shade to what did not move", () => {
    expect([0, 1e-9, 0.5, 1].map((relative) => shadeOf(relative, 1))).toEqual([0, 1, 4, SHADES - 1]);
  });
});

describe("XML and SVG", () => {
  it("hold what authors write as text", () => {
    const feed = formatFeed("https://lora.test", "all", [
      { name: "@a/b", version: "1.0.0", description: `<b>"&\u0007`, publishedAt: new Date(0) },
    ]);
    expect(feed).toContain("<summary>&lt;b&gt;&quot;&amp;</summary>");
    expect(formatBadge("@a/b", "1.0.0")).toContain('aria-label="@a/b 1.0.0"');
  });
});

it.each([
  ["Writes SQL, and 'why'…", "Writes SQL, and 'why'…"],
  ["Żółć, ελληνικά, кириллица", "Żółć, ελληνικά, кириллица"],
  ["Text → SQL (±1 €)", "Text SQL (±1 €)"],
  ["Fast 🎉🏳️‍🌈 and small 👍🏽", "Fast and small"],
  ["日本語で答える", ""],
  ["يجيب بالعربية (2.0)", ""],
])("draws of %j what has signs", (text, drawn) => expect(drawnOf(text)).toBe(drawn));

describe("sums over all packages", () => {
  it("are read by one of many, kept for ten seconds, and then shown until there are new ones", async () => {
    let [time, reads] = [0, 0];
    const keep = keepSums<number>(() => time);
    const read = async () => {
      reads += 1;
      return reads;
    };
    expect(await Promise.all([keep("", read), keep("", read)])).toEqual([1, 1]);
    time = 9_999;
    expect(await keep("", read)).toBe(1);
    time = 10_000;
    expect(await keep("", read)).toBe(1);
    await Promise.resolve();
    expect([await keep("", read), reads]).toEqual([2, 2]);
  });

  it("are asked for again after a failure", async () => {
    const keep = keepSums<number>();
    await expect(keep("", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(await keep("", async () => 5)).toBe(5);
  });
});

it("gives one address to one search", () => {
  expect(searchUrl({ q: "a b", base: undefined, license: "", maxRank: 8 })).toBe("/search?q=a+b&maxRank=8");
  expect(searchUrl({})).toBe("/search");
});

it("spells licences as SPDX does, and leaves the others", () => {
  expect(["apache-2.0", "my-own"].map(spellLicense)).toEqual(["Apache-2.0", "my-own"]);
});
