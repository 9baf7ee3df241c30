// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { openPostgres } from "../../packages/registry/dist/index.js";

/** A database of a bench's own. @param url of the server */
export async function makeDatabase(url: string) {
  const name = `lora_bench_${randomUUID().replaceAll("-", "")}`;
  const run = async (statement: string) => {
    const admin = await openPostgres(url);
    await admin.db.execute(statement);
    await admin.close();
  };
  await run(`create database ${name}`);
  return {
    url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
    drop: () => run(`drop database if exists ${name} with (force)`),
  };
}
