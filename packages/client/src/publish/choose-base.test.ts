// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { KnownBase } from "../base-source/index.ts";
import { chooseBase } from "./choose-base.ts";

const base = (name: string, ...names: string[]) =>
  ({ name, named: false, record: { names, fingerprint: `lfp1:${name}` } }) as unknown as KnownBase;
const llama = base("llama-3.1-8b", "Meta Llama 3.1 8B Instruct");
const qwen = base("Qwen/Qwen2.5-7B");

describe("the base of an adapter", () => {
  it.each([
    ["Qwen/Qwen2.5-7B", undefined, qwen],
    ["qwen/qwen2.5-7b", undefined, qwen],
    ["/data/models/Qwen2.5-7B/", undefined, qwen],
    ["C:\\models\\Qwen2.5-7B", undefined, qwen],
    ["meta-llama/Llama-3.1-8B", undefined, llama],
    ["meta llama 3.1 8b instruct", undefined, llama],
    ["/content/drive/model", "llama-3.1-8b", llama],
    [undefined, "Qwen2.5-7B", qwen],
  ] as const)("is found by the name %j, or the directory %j", async (name, label, wanted) => {
    expect((await chooseBase({ of: "a", name, label }, [qwen, llama])).base).toBe(wanted);
  });

  it.each(["other/Qwen2.5-7B", "Llama-3.1-8B-Instruct", "", undefined])(
    "is not guessed from %j",
    async (name) => {
      await expect(chooseBase({ of: "a", name }, [qwen, llama])).rejects.toMatchObject({
        code: "BASE_UNKNOWN",
      });
    },
  );

  it("is asked for in a way that settles it", async () => {
    for (const [wanted, hint] of [
      [{ of: "a", name: "other/Qwen2.5-7B" }, "say which it is: --base 'other/Qwen2.5-7B=FILE'"],
      [{ of: "a", name: "/home/me/model", label: "mine" }, "say which it is: --base 'mine=FILE'"],
      [{ of: "a", name: "/home/me/model" }, "name that one alone: --base FILE"],
    ] as const)
      await expect(chooseBase(wanted, [qwen, llama])).rejects.toMatchObject({ hint });
  });

  it("is the only one whatever it is called, under the name that a hub has for it", async () => {
    expect(await chooseBase({ of: "a", name: "acme/own" }, [llama])).toEqual({
      base: llama,
      name: "acme/own",
    });
    expect(await chooseBase({ of: "a", name: "/home/me/own" }, [llama])).toEqual({
      base: llama,
      name: "llama-3.1-8b",
    });
    const named = { ...llama, named: true };
    expect((await chooseBase({ of: "a", name: "acme/own" }, [named])).name).toBe("llama-3.1-8b");
  });
});
