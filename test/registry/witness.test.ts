// SPDX-License-Identifier: Apache-2.0
/** A registry and a friend's witness, each a process of its own. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  hashLeaf,
  parsePolicy,
  parseSignerKey,
  signNote,
  verifyCheckpoint,
  verifyReceipt,
} from "@lora/client/transparency";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { readSetting } from "../../packages/registry/dist/database/index.js";
import { openPglite } from "../../packages/registry/dist/index.js";
import { httpApi, makeScope } from "../../packages/registry/dist/test/publisher.js";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { startTestWitness, type TestWitness } from "../support/witness.ts";

let directory: string;
let registry: TestRegistry;
let witness: TestWitness;
let info: { logKey: string; clockKey: string };
let token: string;
const at = (...path: string[]) => join(directory, ...path);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-witness-"));
  const first = await startTestRegistry({ dataDirectory: at("registry") });
  token = first.token;
  info = (await (await fetch(new URL("/registry.json", first.url))).json()) as typeof info;
  await first.stop();
  witness = await startTestWitness({
    logKey: info.logKey,
    origin: first.url,
    dataDirectory: at("witness"),
    name: "friend.example/witness",
  });
  await writeFile(at("witnesses"), `witness friend ${witness.key} ${witness.url}\nquorum friend\n`);
  registry = await startTestRegistry({
    dataDirectory: at("registry"),
    port: Number(new URL(first.url).port),
    env: { LORA_WITNESSES: at("witnesses") },
  });
});
afterAll(async () => {
  await registry?.stop();
  await witness?.stop();
  await rm(directory, { recursive: true, force: true });
});

const policy = () =>
  parsePolicy(
    `log ${info.logKey}\nwitness clock ${info.clockKey}\nwitness friend ${witness.key}\ngroup both all clock friend\nquorum both\n`,
  );

/** The newest that is served, once the friend has cosigned it. */
const cosigned = (size: number) =>
  vi.waitFor(
    async () => {
      const response = await fetch(new URL("/log/checkpoint", registry.url));
      const checkpoint = await verifyCheckpoint(await response.text(), policy());
      expect(checkpoint.size).toBe(size);
      return checkpoint;
    },
    { timeout: 15_000, interval: 50 },
  );

it("is asked for every checkpoint, and its cosignature is served with it", async () => {
  const api = httpApi(registry.url, token);
  await makeScope(api, "@one");
  const { cosignatures } = await cosigned(2);
  expect(cosignatures.map(({ witness: { name } }) => name)).toEqual(["clock", "friend"]);
  await makeScope(api, "@two");
  await cosigned(4);
});

it("is in the receipts of what is published", async () => {
  const { keys } = (await (await fetch(new URL("/scopes/@two.json", registry.url))).json()) as {
    keys: { receipt: string }[];
  };
  const { entry } = await verifyReceipt(keys[0]?.receipt ?? "", policy(), { t: "key.add" });
  expect(entry.scope).toBe("@two");
});

it("is killed, and nothing gets into the log until it is back, which then goes on from what it saw", async () => {
  await witness.kill();
  const made = makeScope(httpApi(registry.url, token), "@three");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await fetch(new URL("/scopes/@three.json", registry.url))).status).toBe(404);
  await cosigned(4);
  witness = await startTestWitness({
    logKey: info.logKey,
    origin: registry.url,
    dataDirectory: at("witness"),
    port: Number(new URL(witness.url).port),
  });
  await made;
  await cosigned(6);
});

it("refuses a fork and a rollback that the log's own key has signed, and keeps the evidence", async () => {
  await cosigned(6);
  await registry.stop();
  const { db, close } = await openPglite(at("registry", "db"));
  const log = await parseSignerKey((await readSetting(db, "log-key")) ?? "");
  await close();
  const ask = async (oldSize: number, size: number) => {
    const root = hashLeaf(Buffer.from("another history"));
    const text = formatCheckpoint({ origin: log.name, size, root, extensions: [] });
    const checkpoint = formatNote({ text, signatures: [await signNote(text, log)] });
    const body = formatAddCheckpoint({ oldSize, proof: [root, root], checkpoint });
    const response = await fetch(new URL("/add-checkpoint", witness.url), { method: "POST", body });
    return [response.status, response.headers.get("content-type"), await response.text()];
  };
  expect((await ask(6, 9))[0]).toBe(422);
  expect(await ask(0, 3)).toEqual([409, "text/x.tlog.size", "6\n"]);
  expect(await readdir(at("witness", "evidence"))).toHaveLength(1);
});
