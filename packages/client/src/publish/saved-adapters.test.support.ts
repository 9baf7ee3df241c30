// SPDX-License-Identifier: Apache-2.0
/** For tests of packing: a directory, tiny-say's abilities as PEFT saved them, and its two bases of one name. */
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach } from "vitest";
import type { KnownBase } from "../base-source/index.ts";
import { openFileSource } from "../file-source/index.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors/index.ts";
import { fingerprintFile } from "../install/model.ts";
import { parsePackageName } from "../names.ts";
import { digestFile, type PackOutcome, type PackRequest, packPackage } from "./index.ts";

export const fixture = join(import.meta.dirname, "../../../../test/fixtures/tiny-say");

type Version = "v1" | "v2";

export async function knownBase(version: Version, called: string, named = true): Promise<KnownBase> {
  const path = join(fixture, version, "base-q4_0.gguf");
  const { record, quantization, warnings } = await fingerprintFile(path);
  return { origin: { kind: "file", path }, record, name: called, named, quantization, warnings };
}

export interface SavedAdapters {
  /** Called `tiny-say v1`, by the user. */
  v1: KnownBase;
  v2: KnownBase;
  /** A new one for each test. */
  directory: string;
  /** Copies what PEFT saved of an ability. */
  put(version: Version, ability: string, to?: string): Promise<void>;
  /** As `@demo/upper`, with v1, unless asked otherwise. */
  pack(request?: Partial<PackRequest>): Promise<PackOutcome>;
  read(file: string): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: asserted by the test
  manifest(): Promise<any>;
  /** Names with digests and times: equal when nothing was even touched. */
  state(): Promise<Record<string, string>>;
  /** Leaves weights as another run of the training would. */
  trainAgain(): Promise<void>;
}

/** Call it once in a test file. */
export function useSavedAdapters(): SavedAdapters {
  const saved = {
    put: (version, ability, to = ".") =>
      cp(join(fixture, version, ability), join(saved.directory, to), { recursive: true }),
    pack: (request = {}) =>
      packPackage({
        directory: saved.directory,
        name: parsePackageName("@demo/upper"),
        bases: [saved.v1],
        ...request,
      }),
    read: (file) => readFile(join(saved.directory, file), "utf8"),
    manifest: async () => JSON.parse(await saved.read("lora.json")),
    state: () => stateOf(saved.directory),
    trainAgain: () => changeWeights(join(saved.directory, "adapter_model.safetensors")),
  } as SavedAdapters;
  beforeAll(async () => {
    saved.v1 = await knownBase("v1", "tiny-say v1");
    saved.v2 = await knownBase("v2", "tiny-say v2");
  });
  beforeEach(async () => {
    saved.directory = await mkdtemp(join(tmpdir(), "lora-pack-"));
  });
  afterEach(() => rm(saved.directory, { recursive: true, force: true }));
  return saved;
}

async function stateOf(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of await readdir(directory, { recursive: true })) {
    const path = join(directory, file);
    const { mtimeNs, ino } = await stat(path, { bigint: true });
    if ((await stat(path)).isFile()) found[file] = `${(await digestFile(path)).sha256} ${mtimeNs} ${ino}`;
    else found[file] = "directory";
  }
  return found;
}

async function changeWeights(path: string): Promise<void> {
  await using source = await openFileSource(path);
  const { tensors } = await readSafetensors(source);
  const changed = await Promise.all(
    [...tensors.values()].map(async ({ name, dtype, shape, offset, sizeBytes }) => ({
      name,
      dtype,
      shape,
      data: (await source.read(offset, sizeBytes)).map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    })),
  );
  await writeFile(path, writeSafetensors({ tensors: changed }));
}
