// SPDX-License-Identifier: Apache-2.0
/** Garbage is collected from PostgreSQL and S3, with no grace at all, while publishes of the same few files go on. */
import { expect, it, onTestFinished } from "vitest";
import { openS3BlobStore } from "../../packages/registry/dist/blobs/s3-blob-store.js";
import { openPostgres } from "../../packages/registry/dist/index.js";
import { collectGarbage } from "../../packages/registry/dist/operations/collect-garbage.js";
import {
  httpApi,
  makeScope,
  type Signed,
  sign,
  upload,
} from "../../packages/registry/dist/test/publisher.js";
import { sha256Hex } from "../../packages/registry/dist/test/registry.js";
import { startTestRegistry } from "../support/registry.ts";
import { hasServices, openSharedServices } from "../support/shared-services.ts";

const PUBLISHERS = 3;
const VERSIONS = 4;
const ATTEMPTS = 30;

it.skipIf(!hasServices())(
  "gc takes nothing that a publish under way refers to",
  async () => {
    const { env, drop } = await openSharedServices();
    onTestFinished(drop);
    const registry = await startTestRegistry({ env: { ...env, LORA_RATE_LIMITS: "off" } });
    onTestFinished(async () => void (await registry.stop()));
    const api = httpApi(registry.url, registry.token);
    const key = await makeScope(api);
    const { origin } = (await (await fetch(`${registry.url}/registry.json`)).json()) as { origin: string };
    const database = await openPostgres(env.DATABASE_URL as string);
    onTestFinished(database.close);
    const { S3_BUCKET: bucket = "", S3_ENDPOINT: endpoint = "" } = env;
    const blobs = await openS3BlobStore({ bucket, endpoint });

    let isDone = false;
    const collecting = (async () => {
      let removed = 0;
      while (!isDone) removed += (await collectGarbage({ database, blobs }, new Date(), false)).blobs;
      return removed;
    })();
    const readme = (text: string) => new TextEncoder().encode(`# ${text}\n`);
    const publishAll = async (publisher: number): Promise<Signed[]> => {
      const released: Signed[] = [];
      for (let i = 0; i < VERSIONS; i += 1) {
        // Every publisher's i-th release has the same README: one blob, of which only the first makes the row.
        const draft = {
          name: `@demo/p${publisher}`,
          version: `1.${i}.0`,
          files: { "README.md": readme(String(i)) },
          manifest: { registry: origin, readme: "README.md" },
        };
        const signed = await sign(key, draft);
        let status = 0;
        for (let attempt = 0; status !== 201 && attempt < ATTEMPTS; attempt += 1) {
          await upload(api, signed);
          const answer = await api.send("PUT", signed.path, { bundle: signed.bundle });
          ({ status } = answer);
          if (status !== 201) expect(answer.body).toMatchObject({ error: { code: "UPLOAD_MISSING" } });
        }
        if (status === 201) released.push(signed);
      }
      return released;
    };
    const published = await Promise.all(Array.from({ length: PUBLISHERS }, (_, i) => publishAll(i)));
    isDone = true;
    await collecting;

    const all = published.flat();
    expect(all.length).toBeGreaterThan(0);
    for (const { files } of all) {
      for (const bytes of files.values()) {
        const served = await fetch(`${registry.url}/blobs/sha256/${sha256Hex(bytes)}`);
        expect(sha256Hex(new Uint8Array(await served.arrayBuffer()))).toBe(sha256Hex(bytes));
      }
    }
    const garbage = new TextEncoder().encode("nobody refers to this");
    const claim = { sha256: sha256Hex(garbage), sizeBytes: garbage.length };
    await blobs.stage(
      claim.sha256,
      (async function* () {
        yield garbage;
      })(),
    );
    {
      await using blob = await blobs.verify(claim);
      await blob.promote();
    }
    const later = new Date(Date.now() + 60_000);
    expect(await collectGarbage({ database, blobs }, later, true)).toMatchObject({ blobs: 1 });
    expect(await collectGarbage({ database, blobs }, later, false)).toMatchObject({ blobs: 1 });
    expect(await blobs.isStored(claim)).toBe(false);
  },
  120_000,
);
