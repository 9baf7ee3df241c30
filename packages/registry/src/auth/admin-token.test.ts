// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { tables } from "../database/index.ts";
import { openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { ensureAdminToken } from "./admin-token.ts";
import { authenticateToken } from "./authenticate.ts";
import { generateToken } from "./token.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  await registry.db.delete(tables.tokens);
});
afterAll(() => registry.close());

const nameOf = (token = "") =>
  authenticateToken(registry.db, `Bearer ${token}`).then(
    ({ name }) => name,
    (error) => error.code,
  );

it("makes one token at the first start and none at the next", async () => {
  const token = await ensureAdminToken(registry.db);
  expect(await nameOf(token)).toBe("admin");
  expect(await ensureAdminToken(registry.db)).toBeUndefined();
  expect(await nameOf(token)).toBe("admin");
});

it("makes one token when several start at once", async () => {
  const made = await Promise.all([1, 2, 3, 4].map(() => ensureAdminToken(registry.db)));
  const tokens = made.filter((token) => token !== undefined);
  expect(tokens).toHaveLength(1);
  expect(await nameOf(tokens[0])).toBe("admin");
});

it("takes the operator's own token, and shows it to nobody", async () => {
  const own = generateToken();
  expect(await ensureAdminToken(registry.db, own)).toBeUndefined();
  expect(await ensureAdminToken(registry.db, own)).toBeUndefined();
  expect(await nameOf(own)).toBe("admin");
});

it("lets the operator's token take the place of one that was lost, and back", async () => {
  const lost = await ensureAdminToken(registry.db);
  const own = generateToken();
  await ensureAdminToken(registry.db, own);
  expect([await nameOf(lost), await nameOf(own)]).toEqual(["UNAUTHENTICATED", "admin"]);
  await ensureAdminToken(registry.db, lost);
  expect([await nameOf(lost), await nameOf(own)]).toEqual(["admin", "UNAUTHENTICATED"]);
});

it("stores no token", async () => {
  const token = await ensureAdminToken(registry.db);
  expect(JSON.stringify(await registry.db.select().from(tables.tokens))).not.toContain(token?.slice(5));
});

it("refuses a preset that is no token", async () => {
  await expect(ensureAdminToken(registry.db, "secret")).rejects.toMatchObject({ code: "USAGE" });
});
