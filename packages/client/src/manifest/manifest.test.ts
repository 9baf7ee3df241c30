// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parsePackageDraft, parseProjectManifest, parseReleaseManifest } from "./index.ts";

const fingerprint = `lfp1:${"ab".repeat(32)}`;
const release = {
  name: "@acme/sql",
  version: "1.2.0",
  registry: "https://registry.example.org",
  license: "Apache-2.0",
  adapters: [
    {
      file: "r16.gguf",
      format: "gguf",
      base: { name: "llama-3.1-8b", fingerprint },
      rank: 16,
      alpha: 32,
      targets: ["attn_q"],
    },
  ],
  dependencies: { "@acme/json": "^1.0.0", "@acme/tone": { version: "^2", scale: 0.5 } },
  "x-team": { anything: true },
};
const project = {
  model: "models/llama.gguf",
  dependencies: { "@acme/sql": "latest" },
  policy: { minReleaseAge: "72h", scopes: ["@acme"] },
};

it("reads a release, with dependencies in one form", () => {
  const manifest = parseReleaseManifest(JSON.stringify(release));
  expect(manifest.dependencies).toEqual({
    "@acme/json": { range: "^1.0.0" },
    "@acme/tone": { range: "^2", scale: 0.5 },
  });
  expect(manifest["x-team"]).toEqual({ anything: true });
});

it("reads a project", () => {
  expect(parseProjectManifest(JSON.stringify(project))).toMatchObject({ model: "models/llama.gguf" });
});

describe("faults of a release are named with their path", () => {
  it.each([
    [{ name: "sql" }, "name: is not a package name such as @demo/upper"],
    [{ version: "1.2" }, "version: is not a version such as 1.2.0"],
    [{ dependancies: {} }, "dependancies: is not a key of lora.json (extensions begin with x-)"],
    [
      { adapters: [{ ...release.adapters[0], file: "../r16.gguf" }] },
      "adapters[0].file: is not a plain file name",
    ],
    [{ adapters: [{ ...release.adapters[0], rank: 0 }] }, "adapters[0].rank: "],
    [
      { adapters: [{ ...release.adapters[0], base: { name: "x", fingerprint: "lfp1:12" } }] },
      "adapters[0].base.fingerprint: is not a fingerprint",
    ],
    ...[
      { format: "peft", sha256: "12" },
      { format: "pickle", sha256: "a".repeat(64) },
      { format: "peft", sha256: "a".repeat(64), repository: "https://example.org/acme/sql" },
      { format: "peft", sha256: "a".repeat(64), repository: "hf:acme/../sql" },
      { format: "peft", sha256: "a".repeat(64), revision: "main" },
      { format: "peft", sha256: "a".repeat(64), author: "me" },
    ].map((source): [object, string] => [
      { adapters: [{ ...release.adapters[0], source }] },
      "adapters[0].source",
    ]),
    [{ adapters: Array.from({ length: 65 }, () => release.adapters[0]) }, "adapters: "],
    [{ dependencies: { "@acme/json": "one" + ">" } }, 'dependencies["@acme/json"]: '],
    [{ dependencies: { json: "^1" } }, "dependencies.json: "],
    [{ dependencies: { "@acme/json": { version: "^1", scale: 1000 } } }, 'dependencies["@acme/json"]'],
    [{ description: "red \u001b[31m" }, "description: has control characters"],
    [{ description: "\u202egnp.exe" }, "description: has control characters"],
    [{ homepage: "javascript:alert(1)" }, "homepage: "],
    [{ keywords: [""] }, "keywords[0]: "],
    [{ examples: [{ prompt: "x" }] }, "examples[0].expect: "],
  ])("%j", (change, message) => {
    expect(() => parseReleaseManifest(JSON.stringify({ ...release, ...change }))).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(`lora.json: ${message}`),
      }),
    );
  });
});

it("tells a package from a project", () => {
  expect(() => parseProjectManifest(JSON.stringify(release))).toThrow("describes a package, not a project");
  expect(() => parsePackageDraft(JSON.stringify(project))).toThrow("describes a project, not a package");
});

it("takes a draft that lora pack will complete, and refuses it as a release", () => {
  const draft = { name: "@acme/sql", version: "1.2.0", adapters: [{ file: "r16.gguf" }] };
  expect(parsePackageDraft(JSON.stringify(draft)).adapters).toEqual([{ file: "r16.gguf", format: "gguf" }]);
  expect(() => parseReleaseManifest(JSON.stringify({ ...draft, registry: "x" }))).toThrow("adapters[0].");
});
