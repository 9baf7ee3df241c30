// SPDX-License-Identifier: Apache-2.0
import { OpenAPIHono } from "@hono/zod-openapi";
import { requestId } from "hono/request-id";
import { mountCatalog } from "./catalog/index.ts";
import type { Deps } from "./deps.ts";
import { rememberAddress } from "./http/client-address.ts";
import type { App, AppEnv } from "./http/context.ts";
import { answerError } from "./http/errors.ts";
import { requestLog } from "./http/request-log.ts";
import { createUploadBudget, limitRates } from "./limits/index.ts";
import { observeRequests } from "./metrics/index.ts";
import { addAccountRoutes } from "./routes/account-routes.ts";
import { getApiPage } from "./routes/api-page/get.tsx";
import { getBase } from "./routes/bases/get.ts";
import { getNorms } from "./routes/bases/get-norms.ts";
import { getSame } from "./routes/bases/get-same.ts";
import { listBases, listBasesRoute } from "./routes/bases/list.ts";
import { putBase, putBaseRoute } from "./routes/bases/put.ts";
import { putNorms, putNormsRoute } from "./routes/bases/put-norms.ts";
import { getBlob } from "./routes/blobs/get.ts";
import { removeDistTag, removeDistTagRoute } from "./routes/dist-tags/remove.ts";
import { setDistTag, setDistTagRoute } from "./routes/dist-tags/set.ts";
import { getDownloads, getDownloadsRoute } from "./routes/downloads/get.ts";
import { getHealth } from "./routes/health/get.ts";
import { getReady } from "./routes/health/get-ready.ts";
import { getCheckpoint } from "./routes/log/get-checkpoint.ts";
import { getTile } from "./routes/log/get-tile.ts";
import { getMetrics } from "./routes/metrics/get.ts";
import { getPackageIndex } from "./routes/package-index/get.ts";
import { getRegistryInfo } from "./routes/registry-info/get.ts";
import { getManifestSchema } from "./routes/schema/get.ts";
import { addKey, addKeyRoute } from "./routes/scopes/add-key.ts";
import { createScope, createScopeRoute } from "./routes/scopes/create.ts";
import { getScope } from "./routes/scopes/get.ts";
import { revokeKey, revokeKeyRoute } from "./routes/scopes/revoke-key.ts";
import { search, searchRoute } from "./routes/search/get.ts";
import { completeUpload, completeUploadRoute } from "./routes/uploads/complete.ts";
import { createUploads, createUploadsRoute } from "./routes/uploads/create.ts";
import { presignParts, presignPartsRoute } from "./routes/uploads/presign-parts.ts";
import { putUpload, putUploadRoute } from "./routes/uploads/put.ts";
import { deprecateRoute, deprecateVersion } from "./routes/versions/deprecate.ts";
import { getManifest } from "./routes/versions/get-manifest.ts";
import { getReceipt } from "./routes/versions/get-receipt.ts";
import { getSignature } from "./routes/versions/get-signature.ts";
import { publishRoute, publishVersion } from "./routes/versions/publish.ts";
import { takeDownRoute, takeDownVersion } from "./routes/versions/take-down.ts";
import { undeprecateRoute, undeprecateVersion } from "./routes/versions/undeprecate.ts";
import { unyankRoute, unyankVersion } from "./routes/versions/unyank.ts";
import { yankRoute, yankVersion } from "./routes/versions/yank.ts";
import { addWebhookRoutes } from "./routes/webhook-routes.ts";
import { VERSION } from "./version.ts";

/** The registry as a function from requests to answers. */
export function createApp(deps: Deps): App {
  const app = new OpenAPIHono<AppEnv>();
  app.onError(answerError);
  app.use(requestId());
  app.use(rememberAddress(deps.access.trustedProxies));
  app.use(requestLog(deps.log));
  app.use(observeRequests(deps.metrics));
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-content-type-options", "nosniff");
  });

  // Files: everything that an install reads.
  app.get("/registry.json", getRegistryInfo(deps));
  app.get("/index/:scope/:file", getPackageIndex(deps));
  app.get("/versions/:scope/:name/:version/lora.json", getManifest(deps));
  app.get("/versions/:scope/:name/:version/signature.json", getSignature(deps));
  app.get("/versions/:scope/:name/:version/receipt", getReceipt(deps));
  app.get("/blobs/sha256/:sha256", getBlob(deps));
  app.get("/bases/:file", getBase(deps));
  app.get("/bases/:fingerprint/norms.safetensors", getNorms(deps));
  app.get("/bases/:fingerprint/same.json", getSame(deps));
  app.get("/scopes/:file", getScope(deps));
  app.get("/schema/lora.json", getManifestSchema(deps));
  app.get("/log/checkpoint", getCheckpoint(deps));
  app.get("/log/tile/*", getTile(deps));

  // The API: everything that writes, and search. Nothing of it is to be kept by a cache.
  if (deps.limits.rates !== undefined) {
    const { db, isShared } = deps;
    const limit = limitRates(deps.limits.rates, {
      db,
      isShared,
      trustedProxies: deps.access.trustedProxies,
    });
    app.use("/api/*", limit);
    app.use("/device", limit);
    app.use("/account/*", limit);
    app.use("/search", limit);
  }
  app.use("/api/*", async (c, next) => {
    await next();
    c.res.headers.set("cache-control", "no-store");
  });
  addAccountRoutes(app, deps);
  addWebhookRoutes(app, deps);
  app.openapi(createScopeRoute, createScope(deps));
  app.openapi(addKeyRoute, addKey(deps));
  app.openapi(revokeKeyRoute, revokeKey(deps));
  app.openapi(listBasesRoute, listBases(deps));
  app.openapi(putBaseRoute, putBase(deps));
  app.openapi(putNormsRoute, putNorms(deps));
  const uploadBudget = createUploadBudget(deps.limits.uploadBytes, deps.isShared ? deps.db : undefined);
  app.openapi(createUploadsRoute, createUploads(deps, uploadBudget));
  app.openapi(putUploadRoute, putUpload(deps, uploadBudget));
  app.openapi(presignPartsRoute, presignParts(deps, uploadBudget));
  app.openapi(completeUploadRoute, completeUpload(deps));
  app.openapi(publishRoute, publishVersion(deps));
  app.openapi(takeDownRoute, takeDownVersion(deps));
  app.openapi(yankRoute, yankVersion(deps));
  app.openapi(unyankRoute, unyankVersion(deps));
  app.openapi(deprecateRoute, deprecateVersion(deps));
  app.openapi(undeprecateRoute, undeprecateVersion(deps));
  app.openapi(setDistTagRoute, setDistTag(deps));
  app.openapi(removeDistTagRoute, removeDistTag(deps));
  app.openapi(searchRoute, search(deps));
  app.openapi(getDownloadsRoute, getDownloads(deps));
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  app.doc31("/api/v1/openapi.json", {
    openapi: "3.1.0",
    info: { title: "lora registry", version: VERSION },
    servers: [{ url: deps.origin }],
  });

  // For people and for whoever watches over the process.
  app.get("/api", getApiPage(app, deps));
  app.get("/healthz", getHealth());
  app.get("/readyz", getReady(deps));
  app.get("/metrics", getMetrics(deps));
  mountCatalog(app, deps);
  return app;
}
