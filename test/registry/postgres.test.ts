// SPDX-License-Identifier: Apache-2.0
/** Registries that share a PostgreSQL: the same code as on PGlite, and several processes at once. */
import { randomUUID } from "node:crypto";
import { generateSigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../packages/registry/dist/index.js";
import {
  type Api,
  fixture,
  httpApi,
  knowBase,
  makeScope,
  sign,
  upload,
  upperEntry,
} from "../../packages/registry/dist/test/publisher.js";
import { sha256Hex } from "../../packages/registry/dist/test/registry.js";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { serviceUrl } from "../support/services.ts";

const postgres = serviceUrl("DATABASE_URL");
const s3 = serviceUrl("S3_ENDPOINT");
const CLIENTS = 16;

describe.skipIf(postgres === undefined || s3 === undefined)(
  "two registries on one PostgreSQL and one S3",
  () => {
    const database = `lora_test_${randomUUID().replaceAll("-", "")}`;
    let registries: TestRegistry[];
    let apis: Api[];
    let origin: string;

    beforeAll(async () => {
      const admin = await openPostgres(postgres ?? "");
      await admin.db.execute(`create database ${database}`);
      await admin.close();
      const env = {
        DATABASE_URL: Object.assign(new URL(postgres ?? ""), { pathname: `/${database}` }).href,
        S3_ENDPOINT: s3 ?? "",
        S3_BUCKET: database.replaceAll("_", "-"),
        AWS_REGION: process.env.AWS_REGION ?? "",
        AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? "",
        AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? "",
      };
      // At once, on an empty database: both would migrate it.
      registries = await Promise.all([1, 2].map(() => startTestRegistry({ env })));
      const token = registries.map((registry) => registry.token).join("");
      apis = registries.map(({ url }) => httpApi(url, token));
      origin = (await readJson(0, "/registry.json")).origin;
    });
    afterAll(async () => {
      for (const registry of registries ?? []) await registry.stop();
      const admin = await openPostgres(postgres ?? "");
      await admin.db.execute(`drop database if exists ${database}`);
      await admin.close();
    });

    const api = (i: number) => apis[i % apis.length] as Api;
    async function readJson(i: number, path: string) {
      const response = await fetch(new URL(path, registries[i % registries.length]?.url));
      return (await response.json()) as { origin: string; versions: Record<string, unknown> };
    }
    const read = (i: number, path: string) => fetch(new URL(path, registries[i % registries.length]?.url));
    /** The entries of the log's first tile, each a text behind its length in two bytes. */
    async function readLog(i: number): Promise<string[]> {
      const size = Number((await (await read(i, "/log/checkpoint")).text()).split("\n")[1]);
      expect(size).toBeLessThan(256);
      const tile = Buffer.from(await (await read(i, `/log/tile/entries/000.p/${size}`)).arrayBuffer());
      const entries: string[] = [];
      for (let at = 0; at < tile.length; at += 2 + tile.readUInt16BE(at)) {
        entries.push(tile.subarray(at + 2, at + 2 + tile.readUInt16BE(at)).toString());
      }
      expect(entries).toHaveLength(size);
      return entries;
    }
    const put = (i: number, { path, bundle }: { path: string; bundle: string }) =>
      api(i).send("PUT", path, { bundle });

    it("agree on what they are called, and showed one token between them", async () => {
      expect(await readJson(1, "/registry.json")).toEqual(await readJson(0, "/registry.json"));
      expect(registries.filter(({ token }) => token !== "")).toHaveLength(1);
      for (const each of apis) expect((await each.send("GET", "/api/v1/whoami")).status).toBe(200);
    });

    it("take a release whose files went to S3 directly, and serve it from either", async () => {
      const key = await makeScope(api(0), "@direct");
      await knowBase(api(1));
      const signed = await sign(key, {
        name: "@direct/upper",
        files: { "upper.gguf": await fixture("v1/upper.gguf") },
        manifest: { registry: origin, adapters: [await upperEntry()] },
      });
      const blobs = [...signed.files.values()].map((b) => ({ sha256: sha256Hex(b), sizeBytes: b.length }));
      const { body } = await api(0).send("POST", "/api/v1/uploads", { blobs });
      const { missing } = body as {
        missing: { sha256: string; url: string; headers: Record<string, string> }[];
      };
      expect(missing.map(({ url }) => new URL(url).origin)).toEqual([s3, s3]);
      for (const { sha256, url, headers } of missing) {
        const bytes = [...signed.files.values()].find((b) => sha256Hex(b) === sha256) ?? new Uint8Array();
        expect((await fetch(url, { method: "PUT", headers, body: new Uint8Array(bytes) })).status).toBe(200);
      }
      expect(await put(1, signed)).toMatchObject({ status: 201 });
      for (const registry of registries) {
        for (const { sha256 } of blobs) {
          const answer = await fetch(`${registry.url}/blobs/sha256/${sha256}`);
          expect(sha256Hex(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256);
        }
        const part = await fetch(`${registry.url}/blobs/sha256/${blobs[0]?.sha256}`, {
          headers: { range: "bytes=1-3" },
        });
        expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 3]);
      }
    });

    it("let exactly one of many clients publish a version", async () => {
      const key = await makeScope(api(0), "@race");
      const rivals = await Promise.all(
        Array.from({ length: CLIENTS }, (_, i) =>
          sign(key, { name: "@race/pack", manifest: { registry: origin, description: `rival ${i}` } }),
        ),
      );
      await Promise.all(rivals.map((rival, i) => upload(api(i), rival)));
      const answers = await Promise.all(rivals.map((rival, i) => put(i, rival)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(CLIENTS - 1);
      const winner = rivals[answers.findIndex(({ status }) => status === 201)];
      for (const i of [0, 1]) {
        const index = await readJson(i, "/index/@race/pack.json");
        expect(index.versions).toMatchObject({ "1.0.0": { id: winner?.id } });
        expect(await (await read(i, "/versions/@race/pack/1.0.0/signature.json")).text()).toBe(
          winner?.bundle,
        );
        const manifest = new Uint8Array(
          await (await read(i, "/versions/@race/pack/1.0.0/lora.json")).arrayBuffer(),
        );
        expect(manifest).toEqual(winner?.files.get("lora.json"));
        // The winner's blob is there, and nobody else's.
        for (const rival of rivals) {
          const blob = await read(i, `/blobs/sha256/${sha256Hex(rival.files.get("lora.json") ?? "")}`);
          expect(blob.status).toBe(rival === winner ? 200 : 404);
        }
      }
      // Every publish of the log is looked at: the one of this package is the winner's.
      const receipt = await (await read(0, "/versions/@race/pack/1.0.0/receipt")).text();
      expect(await (await read(1, "/versions/@race/pack/1.0.0/receipt")).text()).toBe(receipt);
      const logged = (await readLog(1)).filter((entry) => entry.includes("@race/pack"));
      expect(logged).toHaveLength(1);
      expect(logged[0]).toContain(winner?.id);
    });

    it("lose no version from the index when many are published at once", async () => {
      const key = await makeScope(api(0), "@many");
      const versions = Array.from({ length: CLIENTS }, (_, i) => `1.${i}.0`);
      const releases = await Promise.all(
        versions.map((version) => sign(key, { name: "@many/pack", version, manifest: { registry: origin } })),
      );
      await Promise.all(releases.map((release, i) => upload(api(i), release)));
      const answers = await Promise.all(releases.map((release, i) => put(i, release)));
      expect(answers.map(({ status }) => status)).toEqual(versions.map(() => 201));
      for (const i of [0, 1]) {
        expect(Object.keys((await readJson(i, "/index/@many/pack.json")).versions)).toEqual(versions);
      }
    });

    it("make one scope of several that look alike", async () => {
      const publicKeyPem = (await generateSigningKey()).publicPem;
      const answers = await Promise.all(
        ["@adapters", "@adapter", "@a-dapters", "@adapterz"].map((scope, i) =>
          api(i).send("POST", "/api/v1/scopes", { scope, publicKeyPem }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    });
  },
);
