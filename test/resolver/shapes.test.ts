// SPDX-License-Identifier: Apache-2.0
/** Universes of the shapes that are known to hurt, and the number of tries and conflicts that they may take. */
import { describe, expect, test } from "vitest";
import { LoraError } from "../../packages/client/src/errors.ts";
import { chosenVersions, createUniverse, on, QWEN } from "../support/universe.ts";

const versions = (count: number, major = 1) =>
  Array.from({ length: count }, (_, minor) => `${major}.${minor}.0`);

describe("long", () => {
  test("a chain of 3,000 packages is decided one by one", async () => {
    const universe = createUniverse();
    for (let i = 0; i < 3000; i += 1) {
      universe.serve(`@acme/p${i}`, "1.0.0", { deps: i < 2999 ? { [`@acme/p${i + 1}`]: "^1.0.0" } : {} });
    }
    const { packages, stats } = await universe.resolve({ deps: { "@acme/p0": "*" } });
    expect(packages).toHaveLength(3000);
    expect(stats).toEqual({ decisions: 3000, conflicts: 0 });
  });

  test("a chain of 1,000 packages that fails at its end is told in few lines, from the end on", async () => {
    const universe = createUniverse();
    for (let i = 0; i < 1000; i += 1) {
      const end = i === 999 ? { adapters: [on(QWEN)] } : { deps: { [`@acme/p${i + 1}`]: "^1.0.0" } };
      universe.serve(`@acme/p${i}`, "1.0.0", end);
    }
    const error = (await universe
      .resolve({ deps: { "@acme/p0": "*" } })
      .catch((e: unknown) => e)) as LoraError;
    expect(error.code).toBe("BASE_MISMATCH");
    const lines = error.message.split("\n");
    expect(lines[0]).toMatch(/^Because @acme\/p999 1\.0\.0 has adapters only for qwen2\.5-7b/);
    expect(lines.at(-1)).toBe("So, because your project depends on @acme/p0, there is no solution.");
    expect(lines.length).toBeLessThan(100);
    expect(error.message).toContain("\n\n(940 more steps)\n\n");
    expect(error.details?.derivation).toHaveLength(1000);
  });

  test("a chain of choices is undone from its end, each version once", async () => {
    const universe = createUniverse();
    for (let i = 0; i < 20; i += 1) {
      for (const version of versions(20)) {
        const next = i < 19 ? `@acme/p${i + 1}` : "@acme/target";
        universe.serve(`@acme/p${i}`, version, { deps: { [next]: `~${version}` } });
      }
    }
    for (const version of ["0.0.1", ...versions(20)]) universe.serve("@acme/target", version);
    const { stats } = await universe.resolve({ deps: { "@acme/p0": "*", "@acme/target": "1.0.0" } });
    // Nineteen dead ends of at most twenty steps, then the way through.
    expect(stats.decisions).toBeLessThanOrEqual(20 * 20 + 21);
    expect(stats.conflicts).toBeLessThanOrEqual(20 * 20);
  });
});

describe("wide", () => {
  test("a package with 1,000 versions of which only the oldest fits", async () => {
    const universe = createUniverse();
    for (const version of versions(1000)) {
      universe.serve("@acme/big", version, {
        deps: { "@acme/lib": version === "1.0.0" ? "^1.0.0" : "^2.0.0" },
      });
    }
    universe.serve("@acme/lib", "1.0.0");
    universe.serve("@acme/lib", "2.0.0");
    const resolution = await universe.resolve({ deps: { "@acme/big": "*", "@acme/lib": "^1.0.0" } });
    expect(chosenVersions(resolution)).toEqual({ "@acme/big": "1.0.0", "@acme/lib": "1.0.0" });
    // The 999 others share one reason.
    expect(resolution.stats).toEqual({ decisions: 3, conflicts: 0 });
  });

  test("1,000 versions, each for another base or with a reason of its own, are told in a sentence", async () => {
    const universe = createUniverse();
    for (const version of versions(500)) universe.serve("@acme/big", version, { adapters: [on(QWEN)] });
    for (const version of versions(500, 2)) universe.serve("@acme/big", version, { yanked: "broken" });
    await universe.expectFails(
      { deps: { "@acme/big": "*" } },
      "Because @acme/big 1.x has adapters only for qwen2.5-7b (lfp1:91c2aabbccdd), and your model is llama-3.1-8b (lfp1:4f0ac1d2e3f4),\n" +
        "  and @acme/big 2.x was yanked,\n" +
        "  and your project depends on @acme/big, there is no solution.",
      { hint: undefined },
    );
  });

  test("500 versions, each with a fault of its own, are not told one by one", async () => {
    const universe = createUniverse();
    for (const version of versions(500))
      universe.serve("@acme/big", version, { deps: { [`@acme/no-${version}`]: "*" } });
    const error = (await universe
      .resolve({ deps: { "@acme/big": "*" } })
      .catch((e: unknown) => e)) as LoraError;
    expect(error.code).toBe("PACKAGE_NOT_FOUND");
    const lines = error.message.split("\n");
    expect(lines).toHaveLength(13);
    expect(lines[10]).toBe("  and 489 more facts like these,");
  });

  test("a package that conflicts with 100 others is given up once", async () => {
    const universe = createUniverse();
    const others = Array.from({ length: 100 }, (_, i) => `@other/p${i}`);
    for (const other of others) universe.serve(other, "1.0.0");
    universe.serve("@acme/foe", "1.0.0");
    universe.serve("@acme/foe", "2.0.0", {
      conflicts: Object.fromEntries(others.map((other) => [other, "*"])),
    });
    const deps = Object.fromEntries(others.map((other) => [other, "*"]));
    const { packages, stats } = await universe.resolve({ deps: { ...deps, "@acme/foe": "*" } });
    expect(chosenVersions({ packages })["@acme/foe"]).toBe("1.0.0");
    expect(stats.decisions).toBeLessThanOrEqual(103);
  });

  test("100 packages over a limit of 10 are one reason, not one for each choice of ten", async () => {
    const universe = createUniverse();
    const names = Array.from({ length: 100 }, (_, i) => `@acme/p${i}`);
    for (const name of names) for (const version of versions(20)) universe.serve(name, version);
    const deps = Object.fromEntries(names.map((name) => [name, "*"]));
    const error = await universe
      .resolve({ deps, limits: { maxAdapters: 10 } }, { hints: false })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoraError);
    expect((error as LoraError).message).toContain(
      "are 11 adapters, and your project's limits.maxAdapters is 10",
    );
  });

  test("versions that differ in nothing but their rank are passed over together", async () => {
    const universe = createUniverse();
    for (const name of ["@acme/a", "@acme/b", "@acme/c"]) {
      universe.serve(name, "1.0.0", { adapters: [] });
      for (const version of versions(20, 2)) universe.serve(name, version);
    }
    const deps = { "@acme/a": "*", "@acme/b": "*", "@acme/c": "*" };
    const { packages, stats } = await universe.resolve({ deps, limits: { maxRankSum: 16 } });
    expect(packages.filter(({ adapter }) => adapter !== undefined)).toHaveLength(2);
    expect(stats).toEqual({ decisions: 4, conflicts: 1 });
  });
});

describe("round", () => {
  test("a circle of 100 packages", async () => {
    const universe = createUniverse();
    for (let i = 0; i < 100; i += 1) {
      for (const version of versions(5)) {
        universe.serve(`@acme/p${i}`, version, { deps: { [`@acme/p${(i + 1) % 100}`]: "^1.0.0" } });
      }
    }
    const { stats, stack } = await universe.resolve({ deps: { "@acme/p42": "*" } });
    expect(stats).toEqual({ decisions: 100, conflicts: 0 });
    expect(stack).toEqual([...stack].sort());
  });

  test("diamonds on diamonds, 2^30 paths", async () => {
    const universe = createUniverse();
    for (let i = 0; i < 30; i += 1) {
      const next = { [`@acme/left${i + 1}`]: "^1.0.0", [`@acme/right${i + 1}`]: "^1.0.0" };
      for (const side of ["left", "right"]) {
        universe.serve(`@acme/${side}${i}`, "1.0.0", { deps: i < 29 ? next : {} });
      }
    }
    const { stats } = await universe.resolve({ deps: { "@acme/left0": "*" } });
    expect(stats).toEqual({ decisions: 59, conflicts: 0 });
  });
});
