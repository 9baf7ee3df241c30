// SPDX-License-Identifier: Apache-2.0
/** What tests of imports have in common: a hub with one repository, a directory, and tiny-say in all its forms. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KnownBase, readBase } from "@lora/client/base-source";
import { hubAccess, hubFetch, parseHubReference } from "@lora/client/hub";
import { type ImportOutcome, type ImportRequest, importPackage } from "@lora/client/import";
import { parsePackageName } from "@lora/client/names";
import { afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type HubRepositorySource, startHub, type TestHub } from "./hub.ts";
import { abilityPath, basePath, peftPath } from "./tiny-say.ts";

export interface ImportOptions extends Partial<ImportRequest> {
  from?: string;
}

export interface Imports {
  /** `tiny-say v1`. */
  base: KnownBase;
  /** The two files of an adapter that PEFT saved. */
  peft: Record<string, Uint8Array>;
  gguf: Uint8Array;
  /** A base, which is no adapter. */
  model: Uint8Array;
  hub: TestHub;
  /** Where the package's directory, `upper`, comes to lie. */
  parent: string;
  /** Starts the hub with `acme/sql`. */
  serve(repository: HubRepositorySource): Promise<void>;
  run(options?: ImportOptions, env?: Record<string, string>, silenceMs?: number): Promise<ImportOutcome>;
  // biome-ignore lint/suspicious/noExplicitAny: asserted by the test
  manifest(): Promise<any>;
  /** Nothing at the package's place, and nothing beside it. */
  expectNothing(): Promise<void>;
}

/** Call it once in a test file: each test has a directory of its own, and must `serve`. */
export function useImports(): Imports {
  const imports = {
    async serve(repository) {
      imports.hub = await startHub({ "acme/sql": repository });
    },
    run({ from = "hf:acme/sql", ...request } = {}, env = {}, silenceMs = 5000) {
      const access = hubAccess({ HF_ENDPOINT: imports.hub.url, ...env });
      return importPackage(
        {
          reference: parseHubReference(from),
          directory: join(imports.parent, "upper"),
          name: parsePackageName("@demo/upper"),
          bases: [imports.base],
          ...request,
        },
        { endpoint: access.endpoint, fetch: hubFetch(access, { silenceMs }) },
      );
    },
    manifest: async () => JSON.parse(await readFile(join(imports.parent, "upper", "lora.json"), "utf8")),
    expectNothing: async () => expect(await readdir(imports.parent)).toEqual([]),
  } as Imports;
  beforeAll(async () => {
    const unasked = () => Promise.reject(new Error("was asked"));
    const deps = { registry: unasked, fetch: unasked };
    imports.base = await readBase(`tiny-say v1=${basePath("v1", "q4_0")}`, deps);
    const file = async (name: string) => [name, await readFile(join(peftPath("v1", "upper"), name))] as const;
    imports.peft = Object.fromEntries([
      await file("adapter_config.json"),
      await file("adapter_model.safetensors"),
    ]);
    imports.gguf = await readFile(abilityPath("v1", "upper"));
    imports.model = await readFile(basePath("v1", "q4_0"));
  });
  beforeEach(async () => {
    imports.parent = await mkdtemp(join(tmpdir(), "lora-import-"));
  });
  afterEach(async () => {
    await imports.hub?.[Symbol.asyncDispose]();
    await rm(imports.parent, { recursive: true, force: true });
  });
  return imports;
}
