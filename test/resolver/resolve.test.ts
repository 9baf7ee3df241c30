// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { PackageIndex } from "../../packages/client/src/documents/index.ts";
import { LoraError } from "../../packages/client/src/errors.ts";
import { type PackageName, parsePackageName } from "../../packages/client/src/names.ts";
import { resolve } from "../../packages/client/src/resolver/index.ts";
import { createUniverse, LLAMA, on, QWEN, requestOf } from "../support/universe.ts";

const TONE = parsePackageName("@acme/tone");

describe("scales", () => {
  const scales = async (
    needs: Parameters<typeof createScales>[0],
    deps: Record<string, string | { version: string; scale: number }>,
  ) => {
    const { packages, scaleDisagreements } = await createScales(needs).resolve({ deps });
    return { tone: packages.find(({ name }) => name === TONE)?.scale, scaleDisagreements };
  };
  function createScales({ a, b, own }: { a?: number; b?: number; own?: number }) {
    const universe = createUniverse();
    const asked = (scale: number | undefined) => (scale === undefined ? "*" : { version: "*", scale });
    universe.serve("@acme/a", "1.0.0", { deps: { "@acme/tone": asked(a) } });
    universe.serve("@acme/b", "1.0.0", { deps: { "@acme/tone": asked(b) } });
    universe.serve("@acme/tone", "1.0.0", { scale: own });
    return universe;
  }

  test("the project's word comes before everybody's", async () => {
    const deps = { "@acme/a": "*", "@acme/tone": { version: "*", scale: 0.25 } };
    expect((await scales({ a: 0.5, own: 2 }, deps)).tone).toBe(0.25);
  });

  test("a scale of 0 is a word too", async () => {
    expect(
      (await scales({ a: 0.5 }, { "@acme/a": "*", "@acme/tone": { version: "*", scale: 0 } })).tone,
    ).toBe(0);
  });

  test("else the one that dependents agree on", async () => {
    expect((await scales({ a: 0.5, b: 0.5, own: 2 }, { "@acme/a": "*", "@acme/b": "*" })).tone).toBe(0.5);
    expect((await scales({ a: 0.5, own: 2 }, { "@acme/a": "*", "@acme/b": "*" })).tone).toBe(0.5);
  });

  test("else its own, and the disagreement is told", async () => {
    expect(await scales({ a: 0.5, b: 0.75, own: 2 }, { "@acme/a": "*", "@acme/b": "*" })).toEqual({
      tone: 2,
      scaleDisagreements: [
        {
          name: "@acme/tone",
          asked: [
            { dependent: "@acme/a", scale: 0.5 },
            { dependent: "@acme/b", scale: 0.75 },
          ],
          taken: 2,
        },
      ],
    });
  });

  test("else 1", async () => {
    expect((await scales({}, { "@acme/a": "*" })).tone).toBe(1);
  });
});

describe("index files", () => {
  test("are asked for once each, and only where something could need them", async () => {
    const universe = createUniverse();
    universe.serve("@acme/a", "1.0.0", { deps: { "@acme/old": "*" } });
    universe.serve("@acme/a", "2.0.0", { deps: { "@acme/b": "*" }, conflicts: { "@acme/foe": "*" } });
    universe.serve("@acme/b", "1.0.0", { deps: { "@acme/a": "*" }, optional: { "@stranger/c": "*" } });
    await universe.resolve({ deps: { "@acme/a": "*", "@acme/b": "*" }, policy: { scopes: ["@acme"] } });
    expect(universe.asked).toEqual(["@acme/a", "@acme/b"]);
  });

  test("are asked for the moment that the newest match names them, whoever else is still awaited", async () => {
    const universe = createUniverse();
    universe.serve("@acme/fast", "1.0.0", { deps: { "@acme/deep": "*" } });
    universe.serve("@acme/fast", "1.1.0", { deps: { "@acme/deeper": "*" }, yanked: "broken" });
    universe.serve("@acme/deep", "1.0.0");
    universe.serve("@acme/slow", "1.0.0");
    let answerSlow = () => {};
    const slow = new Promise<void>((answer) => {
      answerSlow = answer;
    });
    const resolution = resolve(requestOf({ deps: { "@acme/fast": "*", "@acme/slow": "*" } }), {
      async index(name) {
        const index = universe.index(name);
        if (name === parsePackageName("@acme/slow")) await slow;
        return index;
      },
    });
    await new Promise(setImmediate);
    expect(universe.asked).toEqual(["@acme/fast", "@acme/slow", "@acme/deep"]);
    answerSlow();
    expect((await resolution).packages).toHaveLength(3);
  });

  test("of a locked version's dependencies are guessed, not of the newest one's", async () => {
    const universe = createUniverse();
    universe.serve("@acme/a", "1.0.0", { deps: { "@acme/b": "*" } });
    universe.serve("@acme/a", "2.0.0", { deps: { "@acme/c": "*" } });
    universe.serve("@acme/b", "1.0.0");
    await universe.resolve({ deps: { "@acme/a": "*" }, locked: { "@acme/a": "1.0.0" } });
    expect(universe.asked).toEqual(["@acme/a", "@acme/b"]);
  });
});

describe("a registry that fails", () => {
  const down = new LoraError("REGISTRY_UNREACHABLE", "the registry does not answer");
  const universe = createUniverse();
  universe.serve("@acme/a", "1.0.0", { deps: { "@acme/b": "^1.0.0" } });
  universe.serve("@acme/a", "2.0.0", { deps: { "@acme/b": "^1.0.0", "@acme/down": "*" } });
  universe.serve("@acme/b", "1.0.0");
  const source = {
    index: async (name: PackageName): Promise<PackageIndex | undefined> => {
      if (name === parsePackageName("@acme/down")) throw down;
      return universe.indexes.get(name);
    },
  };

  test("for a package that is needed fails the resolution, as it failed", async () => {
    await expect(resolve(requestOf({ deps: { "@acme/a": "*" } }), source)).rejects.toBe(down);
  });

  test("for one that was only guessed changes nothing", async () => {
    // The newest version of a is followed at once, but b rules it out before anybody needs it.
    universe.serve("@acme/c", "1.0.0", { deps: { "@acme/a": "^1.0.0" } });
    const { packages } = await resolve(requestOf({ deps: { "@acme/a": "*", "@acme/c": "*" } }), source);
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toContain("@acme/a 1.0.0");
  });

  test("for a hint leaves only that hint out", async () => {
    universe.serve("@acme/d", "1.0.0", { adapters: [on(QWEN)] });
    universe.serve("@acme/d", "2.0.0", { deps: { "@acme/down": "*" } });
    const attempt = resolve(requestOf({ deps: { "@acme/d": "^1.0.0" } }), source);
    await expect(attempt).rejects.toMatchObject({ code: "BASE_MISMATCH", hint: undefined });
  });

  test("by a bug of ours is a bug, not an explanation", async () => {
    const broken = { index: () => Promise.reject(new TypeError("oops")) };
    await expect(resolve(requestOf({ deps: { "@acme/a": "*" } }), broken)).rejects.toThrow(TypeError);
  });
});

test("a mismatch names both bases for programs too", async () => {
  const universe = createUniverse();
  universe.serve("@acme/sql", "1.0.0", { adapters: [on(QWEN)] });
  const error = await universe.resolve({ deps: { "@acme/sql": "*" } }).catch((thrown: LoraError) => thrown);
  expect((error as LoraError).details).toMatchObject({
    base: LLAMA,
    derivation: [{ conclusion: [], facts: [{ kind: "baseMismatch", wanted: LLAMA, has: [QWEN] }, {}] }],
  });
});

test("a search without end is given up, and says so", async () => {
  const universe = createUniverse();
  // Eight packages for seven places: no argument about single packages is short.
  for (let place = 0; place < 7; place += 1) universe.serve(`@holes/h${place}`, "1.0.0", { adapters: [] });
  for (let bird = 0; bird < 8; bird += 1) {
    for (let place = 0; place < 7; place += 1) {
      const others = Array.from({ length: bird }, (_, other) => [`@birds/b${other}`, `${place + 1}.0.0`]);
      universe.serve(`@birds/b${bird}`, `${place + 1}.0.0`, {
        adapters: [],
        deps: { [`@holes/h${place}`]: "*" },
        conflicts: Object.fromEntries(others),
      });
    }
  }
  const deps = Object.fromEntries(Array.from({ length: 8 }, (_, bird) => [`@birds/b${bird}`, "*"]));
  await expect(universe.resolve({ deps }, { maxEffort: 10_000 })).rejects.toMatchObject({
    code: "NO_SOLUTION",
    message: expect.stringMatching(
      /^the search was given up after \d+ conflicts: there may be a solution that it did not reach$/,
    ),
    details: { gaveUp: true },
  });
});
