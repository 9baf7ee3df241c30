// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { type PublishResponse, publishRequestSchema, publishResponseSchema } from "@lora/client/documents";
import { parsePackageName, scopeOf } from "@lora/client/names";
import { MAX_BUNDLE_BYTES, verifyReleaseBundle } from "@lora/client/signing";
import { parseVersion } from "@lora/client/versions";
import { assertAllowed, assertMay, authenticate } from "../../auth/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import {
  bearer,
  failure,
  jsonAnswer,
  jsonRequest,
  nameParam,
  scopeParam,
  versionParam,
} from "../../http/openapi.ts";
import { readJson } from "../../http/request-body.ts";
import { assertWithinQuota } from "../../limits/index.ts";
import type { SettledEntry } from "../../log/index.ts";
import { assertUploaded } from "../../release/assert-uploaded.ts";
import { checkAdapters } from "../../release/check-adapters.ts";
import { checkFileList } from "../../release/check-file-list.ts";
import { awaitLogged } from "../../release/logged-release.ts";
import { closeFiles, openFiles } from "../../release/open-files.ts";
import { readManifest } from "../../release/read-manifest.ts";
import {
  assertSameRelease,
  hasPackage,
  readStored,
  type StoredRelease,
  storeRelease,
} from "../../release/store-release.ts";
import { assertUsable, readScopeKeys } from "../../scopes/scope-keys.ts";

/** The bundle as a JSON string: every byte of it may be escaped. */
const MAX_BODY_BYTES = 2 * MAX_BUNDLE_BYTES + 1024;

export const publishRoute = createRoute({
  method: "put",
  path: "/api/v1/packages/{scope}/{name}/versions/{version}",
  summary: "Publish a release whose files were uploaded",
  description:
    "Everything is verified anew. When the answer comes the version is in the registry's log and can be installed. Repeating the request gives the same answer. " +
    "Needs a token with `publish-new` for the first version of a package, `publish-update` for the others.",
  security: bearer,
  request: {
    params: z.object({ scope: scopeParam, name: nameParam, version: versionParam }),
    body: jsonRequest(publishRequestSchema),
  },
  responses: {
    200: jsonAnswer("This very release was published before", publishResponseSchema),
    201: jsonAnswer("Published", publishResponseSchema),
    default: failure,
  },
});

export function publishVersion({ db, blobs, logWriter, origin, limits }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const params = c.req.param() as { scope: string; name: string; version: string };
    const name = parsePackageName(`${params.scope}/${params.name}`);
    const version = parseVersion(params.version);
    await assertMay(db, caller, name, "publish-new", "publish-update");
    const answer = ({ id, keyId, publishedAt }: StoredRelease, { index: logIndex, receipt }: SettledEntry) =>
      ({
        name,
        version,
        id,
        keyId,
        publishedAt: publishedAt.toISOString(),
        logIndex,
        receipt,
      }) as PublishResponse;
    logWriter.assertRunning();

    const { bundle, visibility } = await readJson(c, publishRequestSchema, MAX_BODY_BYTES, limits);
    const keys = await readScopeKeys(db, scopeOf(name));
    // The bytes that are stored and served, not the string: a lone surrogate would make them differ.
    const release = await verifyReleaseBundle(Buffer.from(bundle), keys);
    for (const key of keys) if (key.keyId === release.keyId) assertUsable(key);

    // Once more in the transaction, which decides; here so that a refusal costs nothing.
    assertAllowed(caller, (await hasPackage(db, name)) ? "publish-update" : "publish-new");
    const before = await readStored(db, name, version);
    if (before !== undefined) {
      const same = assertSameRelease(before, release, `${name} ${version}`);
      return c.json(answer(same, await awaitLogged(db, logWriter, name, version)), 200);
    }

    await assertUploaded(db, blobs, caller, release.files);
    await assertWithinQuota(db, scopeOf(name), release.files, limits.scopeQuota);
    const files = await openFiles(blobs, release.files);
    try {
      const manifest = await readManifest(release, files, { name, version, origin });
      checkFileList(manifest, release.files);
      await checkAdapters(db, manifest, files);

      // First the blobs, then the rows: a crash in between leaves blobs that no row makes visible.
      for (const file of files.values()) await file.promote();
      const { stored, pending } = await storeRelease({ db, blobs }, caller, {
        release,
        manifest: { ...manifest, name, version },
        bundle,
        visibility,
      });
      const isNew = pending !== undefined;
      const logged = isNew
        ? await logWriter.settle(pending)
        : await awaitLogged(db, logWriter, name, version);
      const { index } = logged;
      c.get("log").info({ name, version, id: stored.id, index, isNew, token: caller.name }, "published");
      return c.json(answer(stored, logged), isNew ? 201 : 200);
    } finally {
      await closeFiles(files);
    }
  };
}
