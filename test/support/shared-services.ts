// SPDX-License-Identifier: Apache-2.0
/** A database and a bucket of a test's own on the services that all tests share. */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { openPostgres } from "../../packages/registry/dist/index.js";
import { serviceUrl } from "./services.ts";

export interface SharedServices {
  /** Environment of a registry process that is to use them. */
  env: Record<string, string>;
  /** Changes an object behind everybody's back. Returns the bytes that it had. */
  replaceObject(key: string, change: (bytes: Buffer) => Uint8Array): Promise<Buffer>;
  drop(): Promise<void>;
}

export const hasServices = () =>
  serviceUrl("DATABASE_URL") !== undefined && serviceUrl("S3_ENDPOINT") !== undefined;

/** @param name of both, of somebody who has made them before; a new one without */
export async function openSharedServices(name?: string): Promise<SharedServices & { name: string }> {
  const postgres = serviceUrl("DATABASE_URL") ?? "";
  const run = async (statement: string) => {
    const admin = await openPostgres(postgres);
    await admin.db.execute(statement);
    await admin.close();
  };
  const database = name ?? `lora_test_${randomUUID().replaceAll("-", "")}`;
  if (name === undefined) await run(`create database ${database}`);
  const env = {
    DATABASE_URL: Object.assign(new URL(postgres), { pathname: `/${database}` }).href,
    S3_ENDPOINT: serviceUrl("S3_ENDPOINT") ?? "",
    S3_BUCKET: database.replaceAll("_", "-"),
    AWS_REGION: process.env.AWS_REGION ?? "",
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? "",
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? "",
  };
  return {
    name: database,
    env,
    async replaceObject(Key, change) {
      const { S3Client, GetObjectCommand, PutObjectCommand } = awsSdk();
      const client = new S3Client({ endpoint: env.S3_ENDPOINT, forcePathStyle: true });
      const at = { Bucket: env.S3_BUCKET, Key };
      const found = await client.send(new GetObjectCommand(at));
      const before = Buffer.from(await found.Body.transformToByteArray());
      await client.send(new PutObjectCommand({ ...at, Body: change(before) }));
      return before;
    },
    drop: () => run(`drop database if exists ${database} with (force)`),
  };
}

/** The registry's own copy. */
function awsSdk() {
  const require = createRequire(new URL("../../packages/registry/package.json", import.meta.url));
  return require("@aws-sdk/client-s3") as {
    S3Client: new (
      options: object,
    ) => { send(command: object): Promise<{ Body: { transformToByteArray(): Promise<Uint8Array> } }> };
    GetObjectCommand: new (input: object) => object;
    PutObjectCommand: new (input: object) => object;
  };
}
