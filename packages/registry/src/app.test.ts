// SPDX-License-Identifier: Apache-2.0
import { errorBodySchema, parseRegistryInfo } from "@lora/client/documents";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import type { BlobStore } from "./blobs/index.ts";
import { makeScope } from "./test/publisher.ts";
import { ORIGIN, openTestRegistry, sha256Hex, type TestRegistry } from "./test/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(() => registry.reset());
afterAll(() => registry.close());

describe("what everybody can read", () => {
  it("/registry.json says what the registry calls itself", async () => {
    const { body, headers } = await registry.get("/registry.json");
    expect(parseRegistryInfo(JSON.stringify(body), "info").origin).toBe(ORIGIN);
    const again = await registry.get("/registry.json", { "if-none-match": headers.get("etag") ?? "" });
    expect(again.status).toBe(304);
  });

  it("/healthz says that it answers", async () => {
    expect(await registry.get("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it("/ is a page for people, under a policy that lets nothing foreign in", async () => {
    const { status, headers, body } = await registry.get("/");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(body).toMatch(/^<!DOCTYPE html>/);
    expect(body).toContain(ORIGIN);
  });

  it("/schema/lora.json describes projects, packages and releases", async () => {
    const { body } = await registry.get("/schema/lora.json");
    const { $defs } = JSON.parse(body as string);
    expect(Object.keys($defs)).toEqual(["project", "package", "release"]);
    expect($defs.project.required).toEqual(["model"]);
    expect($defs.release.required).toEqual(["name", "version", "registry"]);
    expect($defs.package.additionalProperties).toBe(false);
  });

  it("/api/v1/openapi.json describes every operation of the API", async () => {
    const { body } = await registry.get("/api/v1/openapi.json");
    const { openapi, servers, paths } = body as {
      openapi: string;
      servers: unknown;
      paths: Record<string, object>;
    };
    expect([openapi, servers]).toEqual(["3.1.0", [{ url: ORIGIN }]]);
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = createApp(registry.deps)
      .routes.filter(({ path }) => path.startsWith("/api/v1/") && path !== "/api/v1/openapi.json")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(operations.sort()).toEqual([...new Set(served)].sort());
  });

  it("/api shows every operation on a page that needs nothing else", async () => {
    const { body, headers } = await registry.get("/api");
    expect(headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(body).toContain("Publish a release whose files were uploaded");
    expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it("whoami says what a token may", async () => {
    const { body } = await registry.send("GET", "/api/v1/whoami");
    expect(body).toEqual({
      token: {
        name: "admin",
        actions: ["read", "publish-new", "publish-update", "yank", "owners", "tokens"],
      },
    });
  });
});

describe("what is not there", () => {
  it.each([
    ["/nothing", 404, "NOT_FOUND"],
    ["/api/v1/nothing", 404, "NOT_FOUND"],
    ["/index/@demo/none.json", 404, "PACKAGE_NOT_FOUND"],
    ["/index/@demo/none", 404, "NOT_FOUND"],
    ["/index/demo/none.json", 400, "NAME_INVALID"],
    ["/versions/@demo/none/1.0.0/lora.json", 404, "VERSION_NOT_FOUND"],
    ["/versions/@demo/none/1.0.0/signature.json", 404, "VERSION_NOT_FOUND"],
    ["/versions/@demo/none/v1/signature.json", 400, "VERSION_INVALID"],
    [`/bases/lfp1:${"0".repeat(64)}.json`, 404, "NOT_FOUND"],
    ["/bases/llama.json", 404, "NOT_FOUND"],
  ])("%s", async (path, status, code) => {
    const { status: found, body, headers } = await registry.get(path);
    expect([found, headers.get("cache-control")]).toEqual([status, "no-store"]);
    expect(errorBodySchema.parse(body).error.code).toBe(code);
  });
});

describe("a path that takes other methods", () => {
  it.each([
    ["POST", "/registry.json", "GET, HEAD"],
    ["DELETE", "/index/@demo/none.json", "GET, HEAD"],
    ["PUT", `/blobs/sha256/${"0".repeat(64)}`, "GET, HEAD"],
    ["GET", "/api/v1/packages/@demo/none/versions/1.0.0", "PUT"],
    ["POST", "/api/v1/packages/@demo/none/versions/1.0.0/yank", "PUT, DELETE"],
    ["PATCH", "/api/v1/whoami", "GET, HEAD"],
    ["PATCH", "/@demo/none", "GET, HEAD"],
    ["OPTIONS", "/healthz", "GET, HEAD"],
  ])("answers %s %s with 405 and %s", async (method, path, allow) => {
    const { status, body, headers } = await registry.send(method, path);
    expect([status, headers.get("allow")]).toEqual([405, allow]);
    expect(errorBodySchema.parse(body).error).toMatchObject({
      code: "METHOD_NOT_ALLOWED",
      message: `${path} does not take ${method}`,
      details: { allowed: allow.split(", ") },
    });
  });

  it("takes HEAD where it takes GET, and says 404 where there is nothing for any method", async () => {
    expect((await registry.send("HEAD", "/robots.txt")).status).toBe(200);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect((await registry.send(method, "/api/v1/nothing")).status).toBe(404);
  });
});

describe("a bug, or a driver's error", () => {
  const bytes = new TextEncoder().encode("x");
  const broken = (error: Error) =>
    registry.override({
      blobs: { ...registry.deps.blobs, stage: () => Promise.reject(error) } satisfies BlobStore,
    });

  it("is a bare 500 that finds its line in the log by the request's id", async () => {
    broken(new Error("password=hunter2"));
    const { status, body, headers } = await registry.send(
      "PUT",
      `/api/v1/uploads/sha256/${sha256Hex(bytes)}`,
      bytes,
    );
    expect(status).toBe(500);
    expect(body).toEqual({
      error: {
        code: "INTERNAL",
        message: "the registry failed; its log says why, under this request's X-Request-Id",
      },
    });
    const line = registry.lines.map((l) => JSON.parse(l)).find(({ level }) => level === 50);
    expect(line).toMatchObject({
      requestId: headers.get("x-request-id"),
      err: { message: "password=hunter2" },
    });
  });

  it("of a database that is away is a 503 that says when to come again", async () => {
    broken(Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:5432"), { code: "ECONNREFUSED" }));
    const { status, body, headers } = await registry.send(
      "PUT",
      `/api/v1/uploads/sha256/${sha256Hex(bytes)}`,
      bytes,
    );
    expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
    expect(body).toEqual({
      error: { code: "SERVICE_UNAVAILABLE", message: "the registry cannot reach its database" },
    });
  });
});

describe("the log", () => {
  it("has every write, and no token", async () => {
    await makeScope(registry);
    const lines = registry.lines.map((line) => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({ method: "POST", path: "/api/v1/scopes", status: 201, msg: "request" }),
    );
    expect(registry.lines.join()).not.toContain(registry.adminToken);
    expect(registry.lines.join()).not.toContain("lora_");
  });
});
