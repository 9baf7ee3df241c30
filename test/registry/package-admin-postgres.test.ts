// SPDX-License-Identifier: Apache-2.0
/** Search and what is said of releases on PostgreSQL, which parses, sorts and locks for itself. */
import { randomUUID } from "node:crypto";
import type { SigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../packages/registry/dist/index.js";
import {
  type Api,
  httpApi,
  makeScope,
  publish,
  sign,
  upload,
} from "../../packages/registry/dist/test/publisher.js";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { serviceUrl } from "../support/services.ts";

const postgres = serviceUrl("DATABASE_URL");
const VERSIONS = 8;

describe.skipIf(postgres === undefined)("two registries on one PostgreSQL", () => {
  const database = `lora_test_${randomUUID().replaceAll("-", "")}`;
  let registries: TestRegistry[];
  let one: Api;
  let other: Api;
  let key: SigningKey;
  let origin: string;

  beforeAll(async () => {
    const admin = await openPostgres(postgres ?? "");
    await admin.db.execute(`create database ${database}`);
    await admin.close();
    const env = { DATABASE_URL: Object.assign(new URL(postgres ?? ""), { pathname: `/${database}` }).href };
    registries = await Promise.all([1, 2].map(() => startTestRegistry({ env })));
    const token = registries.map((registry) => registry.token).join("");
    [one, other] = registries.map(({ url }) => httpApi(url, token)) as [Api, Api];
    origin = ((await one.send("GET", "/registry.json")).body as { origin: string }).origin;
    key = await makeScope(one);
  });
  afterAll(async () => {
    for (const registry of registries ?? []) await registry.stop();
    const admin = await openPostgres(postgres ?? "");
    await admin.db.execute(`drop database if exists ${database}`);
    await admin.close();
  });

  const release = (name: string, version: string, manifest: Record<string, unknown> = {}) =>
    publish(one, key, { name, version, manifest: { registry: origin, ...manifest } });
  const found = async (query: string) => {
    const { body } = await other.send("GET", `/api/v1/search?${query}`);
    return body as { packages: { name: string }[]; total: number; next?: string };
  };
  const names = async (query: string) => (await found(query)).packages.map(({ name }) => name);

  it("find what either published, with slips, in any script, in pages", async () => {
    await release("@demo/sql", "1.0.0", { description: "Asks databases", keywords: ["queries"] });
    await release("@demo/sql-writer", "1.0.0", { description: "Writes SQL", license: "MIT" });
    await release("@demo/poems", "1.0.0", { description: "Пишет стихи" });
    expect(await names("q=SQL")).toEqual(["@demo/sql", "@demo/sql-writer"]);
    expect(await names("q=databse")).toEqual(["@demo/sql"]);
    expect(await names("q=wirter")).toEqual(["@demo/sql-writer"]);
    expect(await names(`q=${encodeURIComponent("СТИХИ")}`)).toEqual(["@demo/poems"]);
    expect(await names("license=mit&keyword=")).toEqual(["@demo/sql-writer"]);
    expect(await names("architecture=llama&maxRank=8&q=poems")).toEqual(["@demo/poems"]);
    for (const query of ["limit=2", "q=sql&limit=1", "q=demo&limit=1"]) {
      const whole = await found(query.replace(/limit=\d/, "limit=50"));
      const seen: string[] = [];
      let next: string | undefined = "";
      while (next !== undefined) {
        const page = await found(`${query}&cursor=${next}`);
        expect(page.total).toBe(whole.total);
        seen.push(...page.packages.map(({ name }) => name));
        next = page.next;
      }
      expect(seen).toEqual(whole.packages.map(({ name }) => name));
    }
  });

  it("write one index file that has every change, whoever made it", async () => {
    const path = "/api/v1/packages/@demo/busy";
    await release("@demo/busy", "1.0.0");
    const more = await Promise.all(
      Array.from({ length: VERSIONS }, (_, i) =>
        sign(key, { name: "@demo/busy", version: `2.${i}.0`, manifest: { registry: origin } }),
      ),
    );
    for (const signed of more) await upload(one, signed);
    const answers = await Promise.all([
      ...more.map((signed) => one.send("PUT", signed.path, { bundle: signed.bundle })),
      other.send("PUT", `${path}/versions/1.0.0/yank`, { reason: "first" }),
      other.send("PUT", `${path}/versions/1.0.0/deprecation`, { message: "old" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([...more.map(() => 201), 200, 200]);
    await Promise.all([
      ...more.map(({ version }, i) =>
        (i % 2 === 0 ? one : other).send("PUT", `${path}/dist-tags/tag-${i}`, { version }),
      ),
      one.send("DELETE", `${path}/versions/1.0.0/yank`),
    ]);
    const { body } = await other.send("GET", "/index/@demo/busy.json");
    const index = body as { distTags: object; versions: Record<string, object> };
    expect(Object.keys(index.versions)).toEqual(["1.0.0", ...more.map(({ version }) => version)]);
    expect(index.versions["1.0.0"]).toMatchObject({ deprecated: "old" });
    expect(index.versions["1.0.0"]).not.toHaveProperty("yanked");
    expect(index.distTags).toEqual({
      latest: "2.7.0",
      ...Object.fromEntries(more.map(({ version }, i) => [`tag-${i}`, version])),
    });
  });
});
