// SPDX-License-Identifier: Apache-2.0
/** Whatever a conversion refuses, packing refuses in its words, with nothing written. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { KnownBase } from "../base-source/index.ts";
import { conversionBase } from "../convert/base.ts";
import { configOf, peftConfig } from "../convert/peft.test.support.ts";
import { LoraError } from "../errors.ts";
import { writeSafetensors } from "../formats/safetensors/index.ts";
import { parsePackageName } from "../names.ts";
import { type Case, good, LLAMA } from "../peft-directory/refusal-case.test.support.ts";
import { REFUSED_CONFIGS } from "../peft-directory/refused-configs.test.support.ts";
import { REFUSED_FILES } from "../peft-directory/refused-files.test.support.ts";
import { REFUSED_METHODS } from "../peft-directory/refused-methods.test.support.ts";
import { REFUSED_TENSORS } from "../peft-directory/refused-tensors.test.support.ts";
import { packPackage } from "./index.ts";

/** Not those about the config.json of a base: a base that is named to pack has a fingerprint already. */
const CASES: [string, Case][] = Object.entries({
  ...REFUSED_METHODS,
  ...REFUSED_CONFIGS,
  ...REFUSED_TENSORS,
  ...REFUSED_FILES,
}).filter(([, { base }]) => base === undefined);

const base = {
  origin: { kind: "file", path: "base.gguf" },
  record: {
    ...conversionBase({ config: configOf(LLAMA) }),
    fingerprint: `lfp1:${"a".repeat(64)}`,
    names: [],
  },
  name: "base",
  named: true,
} as unknown as KnownBase;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lora-pack-refusals-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function contentOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(directory, name))).toString("base64")] as const),
    ),
  );
}

const pack = (directory: string) =>
  packPackage({ directory, name: parsePackageName("@demo/refused"), bases: [base] });

async function put(name: string, { config, tensors, files }: Partial<Case>): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  await writeFile(join(directory, "adapter_config.json"), config ?? peftConfig());
  const weights = files ?? {
    "adapter_model.safetensors": writeSafetensors({ tensors: tensors ?? good }),
  };
  for (const [file, content] of Object.entries(weights)) await writeFile(join(directory, file), content);
  return directory;
}

it("there are at least 60 of them", () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60);
});

it.each(CASES)("refuses %s", async (name, refused) => {
  const directory = await put(`${CASES.findIndex(([other]) => other === name)}`, refused);
  const before = await contentOf(directory);
  const error = await pack(directory).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LoraError);
  const { code, message } = refused;
  expect(error).toMatchObject({
    code,
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });
  expect(await contentOf(directory)).toEqual(before);
});

it("packs what all of these were made from", async () => {
  const directory = await put("good", {});
  expect((await pack(directory)).converted).toMatchObject([{ file: "base.r4.gguf", adapter: { rank: 4 } }]);
});
