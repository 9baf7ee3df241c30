// SPDX-License-Identifier: Apache-2.0
import { parsePackageIndex } from "@lora/client/documents";
import type { PackageName } from "@lora/client/names";
import type { SigningKey } from "@lora/client/signing";
import type { Version } from "@lora/client/versions";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeScope, publish, sign, upload } from "../test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../test/registry.ts";
import { takeDown } from "./take-down.ts";

const REASON = "its author asked for it";
const ERROR = {
  error: {
    code: "VERSION_TAKEN_DOWN",
    message: `@demo/pack 1.0.0 was taken down by its registry: ${REASON}`,
    details: { name: "@demo/pack", version: "1.0.0", reason: REASON },
  },
};
const README = new TextEncoder().encode("# What both versions say\n");
const readme = { files: { "README.md": README }, manifest: { readme: "README.md" } };

let registry: TestRegistry;
let key: SigningKey;
/** lora.json of 1.0.0: no other version has it. */
let own: Uint8Array;

const act = async (version = "1.0.0", reason = REASON) =>
  (await takeDown(registry.deps, "@demo/pack" as PackageName, version as Version, reason)).logIndex;
const PATH = "/api/v1/packages/@demo/pack/versions/1.0.0/takedown";
const blob = (bytes: Uint8Array) => `/blobs/sha256/${sha256Hex(bytes)}`;

beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  key = await makeScope(registry);
  const { signed } = await publish(registry, key, { version: "1.0.0", ...readme });
  own = signed.files.get("lora.json") as Uint8Array;
  await publish(registry, key, { version: "1.1.0", ...readme });
});
afterAll(() => registry.close());

describe("a version that is taken down", () => {
  it("is answered with 410 and the reason, also what was in memory; what another version has is served", async () => {
    const paths = ["lora.json", "signature.json", "receipt"].map(
      (file) => `/versions/@demo/pack/1.0.0/${file}`,
    );
    for (const path of [...paths, blob(own), blob(README)])
      expect((await registry.get(path)).status).toBe(200);
    await act();
    for (const path of [...paths, blob(own)])
      expect(await registry.get(path)).toMatchObject({ status: 410, body: ERROR });
    expect((await registry.get(blob(README))).status).toBe(200);
    expect((await registry.get("/versions/@demo/pack/1.1.0/lora.json")).status).toBe(200);
  });

  it("is in the index no more, but for the proof that the log says so", async () => {
    const index = await act();
    const { body } = await registry.get("/index/@demo/pack.json");
    const { versions, takenDown, distTags } = parsePackageIndex(JSON.stringify(body), "index");
    expect(Object.keys(versions)).toEqual(["1.1.0"]);
    expect(distTags).toEqual({ latest: "1.1.0" });
    expect(takenDown).toEqual({
      "1.0.0": { index, reason: REASON, receipt: expect.stringContaining(`index ${index}\n`) },
    });
  });

  it("stays so, with its first reason, when that is repeated", async () => {
    const index = await act();
    const before = await registry.get("/index/@demo/pack.json");
    expect(await act("1.0.0", "another")).toBe(index);
    expect((await registry.get("/index/@demo/pack.json")).body).toEqual(before.body);
  });

  it("keeps its number: it is neither unyanked, tagged nor published again", async () => {
    await act();
    const path = "/api/v1/packages/@demo/pack";
    expect(await registry.send("DELETE", `${path}/versions/1.0.0/yank`)).toMatchObject({ status: 410 });
    const tagged = await registry.send("PUT", `${path}/dist-tags/old`, { version: "1.0.0" });
    expect(tagged.status).toBe(409);
    const again = await sign(key, { version: "1.0.0" });
    await upload(registry, again);
    const answer = await registry.send("PUT", again.path, { bundle: again.bundle });
    expect(answer).toMatchObject({ status: 409, body: { error: { code: "VERSION_EXISTS" } } });
  });

  it("may have its files in a new release, which serves them again", async () => {
    await act();
    await act("1.1.0");
    expect((await registry.get(blob(README))).status).toBe(410);
    await publish(registry, key, { version: "1.2.0", ...readme });
    expect((await registry.get(blob(README))).status).toBe(200);
    expect((await registry.get("/versions/@demo/pack/1.0.0/lora.json")).status).toBe(410);
  });

  it("leaves a package that has no other version findable by nobody", async () => {
    await act();
    await act("1.1.0");
    const found = await registry.get("/api/v1/search?q=pack");
    expect(found.body).toMatchObject({ packages: [] });
    expect((await registry.get("/index/@demo/pack.json")).body).toMatchObject({ versions: {}, distTags: {} });
  });

  it("of a private package is told to nobody who may not see it", async () => {
    await registry.send("PUT", "/api/v1/packages/@demo/pack/visibility", { visibility: "private" });
    await act();
    expect((await registry.get("/versions/@demo/pack/1.0.0/lora.json")).status).toBe(404);
    expect((await registry.get(blob(own))).status).toBe(404);
  });
});

it.each([
  ["2.0.0", "VERSION_NOT_FOUND"],
  ["1.0.0-rc.1", "VERSION_NOT_FOUND"],
])("%s, which does not exist, is not taken down", async (version, code) => {
  const before = await registry.get("/log/checkpoint");
  await expect(act(version)).rejects.toMatchObject({ code });
  expect((await registry.get("/log/checkpoint")).body).toBe(before.body);
});

describe("a takedown by the API", () => {
  it("is the same, and says the first reason when it is repeated", async () => {
    const first = await registry.send("PUT", PATH, { reason: REASON });
    expect(first).toMatchObject({
      status: 200,
      body: { name: "@demo/pack", version: "1.0.0", reason: REASON, logIndex: expect.any(Number) },
    });
    expect(await registry.send("PUT", PATH, { reason: "another" })).toMatchObject({ body: first.body });
    expect(await registry.get("/versions/@demo/pack/1.0.0/lora.json")).toMatchObject({
      status: 410,
      body: ERROR,
    });
    const { body } = await registry.get("/index/@demo/pack.json");
    expect(parsePackageIndex(JSON.stringify(body), "index").takenDown?.["1.0.0" as Version]?.index).toBe(
      (first.body as { logIndex: number }).logIndex,
    );
  });

  it.each([
    ["no reason", PATH, {}, 400],
    ["a reason of two lines", PATH, { reason: "a\nb" }, 400],
    ["a version that is not there", PATH.replace("1.0.0", "9.9.9"), { reason: REASON }, 404],
    ["a package that is not there", PATH.replace("pack", "nothing"), { reason: REASON }, 404],
  ])("is refused with %s", async (_what, path, body, status) => {
    expect((await registry.send("PUT", path, body)).status).toBe(status);
    expect((await registry.get("/versions/@demo/pack/1.0.0/lora.json")).status).toBe(200);
  });
});
