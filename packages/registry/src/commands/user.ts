// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { LoraError } from "@lora/client/errors";
import { asc } from "drizzle-orm";
import { z } from "zod";
import { lockAccount, openAccounts } from "../accounts/index.ts";
import { type Database, tables } from "../database/index.ts";
import { originOf, withStartedData } from "./operator.ts";
import type { UserCommand } from "./parse-user.ts";

/** Accounts, by the operator: also where sign-up is closed. Returns what the operator is told. @throws LoraError */
export function runUser({ what, isPasswordOnStdin, options }: UserCommand): Promise<string> {
  return withStartedData(options, async (data) => {
    const { db } = data.database;
    if (what.do === "ls") return await listUsers(db);
    if (what.do === "lock") {
      const tokens = await lockAccount(db, what.name);
      return `${what.name} is shut out: signed out everywhere, ${tokens} tokens revoked. A new password lets it in again: lora-registry user password ${what.name}\n`;
    }
    const origin = await originOf(data);
    const accounts = openAccounts(db, origin, "closed");
    const password = isPasswordOnStdin
      ? (await text(process.stdin)).replace(/\r?\n$/, "")
      : randomBytes(15).toString("base64url");
    const shown = isPasswordOnStdin ? "" : `Password, shown this once: ${password}\n`;
    if (what.do === "password") {
      await accounts.setPassword(what.name, password);
      return `${what.name} has a new password, and is signed out everywhere.\n${shown}`;
    }
    if (!z.email().safeParse(what.email).success) {
      throw new LoraError("USAGE", `${JSON.stringify(what.email)} is not an e-mail address`);
    }
    await accounts.createAccount({ ...what, password });
    const kind = what.isOperator ? "operator" : "account";
    return `Made the ${kind} ${what.name} (${what.email}).\n${shown}`;
  });
}

async function listUsers(db: Database): Promise<string> {
  const { users } = tables;
  const rows = await db.select().from(users).orderBy(asc(users.name));
  return rows
    .map(({ name, email, isOperator, createdAt }) => {
      const kind = isOperator ? "operator" : "account";
      return `${[name, email, kind, createdAt.toISOString().slice(0, 10)].join("\t")}\n`;
    })
    .join("");
}
