// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parsePackageName } from "../names.ts";
import { answersRequest, formatLockfile, type Lockfile, parseLockfile } from "./lockfile.ts";
import { editDependencies, readProject } from "./project.ts";

const hex = (digit: string) => digit.repeat(64);
const upper = parsePackageName("@demo/upper");
const loud = parsePackageName("@demo/loud");
const lockfile = {
  lockfileVersion: 1,
  base: { fingerprint: `lfp1:${hex("a")}`, name: "tiny-say v1" },
  requested: { dependencies: { [loud]: { range: "^1.0.0", scale: 0.5 } } },
  packages: {
    [upper]: {
      version: "1.2.0",
      registry: "http://127.0.0.1:8719",
      id: hex("1"),
      keyId: hex("2"),
      adapter: { file: "upper.gguf", sha256: hex("3"), sizeBytes: 72480, rank: 8 },
      dependencies: {},
    },
    [loud]: {
      version: "1.0.0",
      registry: "http://127.0.0.1:8719",
      id: hex("4"),
      keyId: hex("2"),
      dependencies: { [upper]: "^1" },
    },
  },
  stack: [{ name: upper, scale: 0.5 }],
} as unknown as Lockfile;

describe("lora-lock.json", () => {
  it("writes sorted keys, two spaces and a line feed at the end, and reads it back", () => {
    const text = formatLockfile(lockfile);
    expect(text.startsWith('{\n  "base": {\n    "fingerprint"')).toBe(true);
    expect(text.endsWith("}\n")).toBe(true);
    expect(text.indexOf('"@demo/loud": {\n      "dependencies"')).toBeLessThan(
      text.indexOf('"@demo/upper": {\n      "adapter"'),
    );
    expect(parseLockfile(text)).toEqual(lockfile);
    expect(formatLockfile(parseLockfile(text))).toBe(text);
  });

  it("is the same bytes whatever order its parts came in", () => {
    const turned = {
      ...lockfile,
      packages: Object.fromEntries(Object.entries(lockfile.packages).reverse()),
    } as Lockfile;
    expect(formatLockfile(turned)).toBe(formatLockfile(lockfile));
  });

  it("answers the same request on the same base, and no other", () => {
    const { requested, base } = lockfile;
    expect(answersRequest(lockfile, structuredClone(requested), base.fingerprint)).toBe(true);
    expect(answersRequest(lockfile, requested, `lfp1:${hex("b")}`)).toBe(false);
    const scaled = { dependencies: { [loud]: { range: "^1.0.0", scale: 1 } } } as typeof requested;
    expect(answersRequest(lockfile, scaled, base.fingerprint)).toBe(false);
  });

  it.each([
    [
      "a merge's markers",
      (t: string) => `<<<<<<< HEAD\n${t}=======\n${t}>>>>>>> branch\n`,
      "has the conflict markers of a merge",
    ],
    ["half of it gone", (t: string) => t.slice(0, 200), "is not JSON"],
    [
      "a newer version",
      (t: string) => t.replace('"lockfileVersion": 1', '"lockfileVersion": 2'),
      "was written by a newer lora",
    ],
    ["an unknown key", (t: string) => t.replace('"stack"', '"extra": 1,\n  "stack"'), "Unrecognized key"],
    [
      "a digest cut short",
      (t: string) => t.replace(hex("3"), hex("3").slice(1)),
      'packages["@demo/upper"].adapter.sha256',
    ],
    [
      "a dependency gone",
      (t: string) => t.replace(/,\n {4}"@demo\/upper": \{[\s\S]*?\n {4}\}(?=\n)/, ""),
      "does not have @demo/upper, which @demo/loud 1.0.0 depends on",
    ],
    [
      "a version out of range",
      (t: string) => t.replace('"1.2.0"', '"2.0.0"'),
      "has @demo/upper 2.0.0, but @demo/loud 1.0.0 depends on ^1",
    ],
    [
      "a package that nothing needs",
      (t: string) => t.replace('"@demo/upper": "^1"', ""),
      "has @demo/upper, which nothing depends on",
    ],
    [
      "a stack without one",
      (t: string) => t.replace(/"stack": \[[^\]]*\]/, '"stack": []'),
      "has a stack that is not its packages",
    ],
  ])("is refused with %s", (_what, change, message) => {
    const changed = change(formatLockfile(lockfile));
    expect(changed).not.toBe(formatLockfile(lockfile));
    expect(() => parseLockfile(changed)).toThrow(
      expect.objectContaining({
        code: "LOCKFILE_INVALID",
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    );
  });
});

describe("lora.json", () => {
  it("keeps the author's layout when a dependency is added, changed or removed", () => {
    const text =
      '{\n    "x-note": [1,2],\n    "model": "m.gguf",\n    "dependencies": {\n        "@demo/loud": "^1"\n    }\n}\n';
    const added = editDependencies(text, new Map([[upper, { range: "^1.0.0" }]]));
    expect(JSON.parse(added).dependencies).toEqual({ "@demo/loud": "^1", "@demo/upper": "^1.0.0" });
    expect(added).toContain('"x-note": [1,2],\n    "model"');
    const scaled = editDependencies(added, new Map([[loud, { range: "^2", scale: 0.5 }]]));
    expect(JSON.parse(scaled).dependencies["@demo/loud"]).toEqual({ version: "^2", scale: 0.5 });
    expect(
      JSON.parse(editDependencies(scaled, new Map([[upper, undefined]]))).dependencies,
    ).not.toHaveProperty("@demo/upper");
    expect(
      JSON.parse(editDependencies('{"model":"m"}', new Map([[upper, { range: "*" }]]))).dependencies,
    ).toEqual({ "@demo/upper": "*" });
  });

  it("is found from a directory below, and its absence says what to do", async () => {
    const directory = await mkdtemp(join(tmpdir(), "lora-project-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    await mkdir(join(directory, "a", "b"), { recursive: true });
    await expect(readProject(join(directory, "a"))).rejects.toMatchObject({
      code: "PROJECT_NOT_FOUND",
      hint: "make this directory a project: lora init --model FILE",
    });
    await writeFile(join(directory, "lora.json"), '{"model":"m.gguf"}');
    expect((await readProject(join(directory, "a", "b"))).modelPath).toMatch(/m\.gguf$/);
    await mkdir(join(directory, "device"));
    await symlink("/dev/zero", join(directory, "device", "lora.json"));
    await expect(readProject(join(directory, "device"))).rejects.toMatchObject({ code: "IO_FAILED" });
    await writeFile(join(directory, "lora-lock.json"), "<<<<<<< HEAD\n");
    await expect(readProject(directory)).rejects.toMatchObject({ code: "LOCKFILE_INVALID" });
  });
});
