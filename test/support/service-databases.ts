// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { openPostgres } from "../../packages/registry/dist/index.js";

export interface OwnServices {
  /** For a registry process: a database and a bucket that nobody else has. */
  env: Record<string, string>;
  databaseUrl: string;
  /** Drops the database. */
  close(): Promise<void>;
}

/** @param services where PostgreSQL is, and S3 where it is wanted */
export async function createOwnServices(services: { postgres: string; s3?: string }): Promise<OwnServices> {
  const database = `lora_test_${randomUUID().replaceAll("-", "")}`;
  const admin = await openPostgres(services.postgres);
  await admin.db.execute(`create database ${database}`);
  await admin.close();
  const databaseUrl = Object.assign(new URL(services.postgres), { pathname: `/${database}` }).href;
  const { AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = process.env;
  const s3 = services.s3 && {
    S3_ENDPOINT: services.s3,
    S3_BUCKET: database.replaceAll("_", "-"),
    AWS_REGION,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
  };
  return {
    env: { DATABASE_URL: databaseUrl, ...s3 },
    databaseUrl,
    async close() {
      const again = await openPostgres(services.postgres);
      await again.db.execute(`drop database if exists ${database} with (force)`);
      await again.close();
    },
  };
}
