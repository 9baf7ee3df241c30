// SPDX-License-Identifier: Apache-2.0
/** Tokens of CI systems against the registry: each claim that can be wrong, and what is said of it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeScope, publish } from "../../packages/registry/src/test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../../packages/registry/src/test/registry.ts";
import { type Claims, type OidcIssuer, startOidcIssuer } from "../support/oidc-issuer.ts";

let registry: TestRegistry;
let issuer: OidcIssuer;
let gitlab: OidcIssuer;
beforeAll(async () => {
  issuer = await startOidcIssuer(ORIGIN);
  gitlab = await startOidcIssuer(ORIGIN);
  gitlab.claims = {
    project_path: "octo/abilities",
    namespace_id: "72",
    ci_config_ref_uri: "gitlab.example/octo/abilities//.gitlab-ci.yml@refs/heads/main",
    pipeline_source: "push",
    environment: "production",
  };
  registry = await openTestRegistry();
  await registry.reset();
  registry.override({
    access: {
      ...registry.deps.access,
      issuers: [
        { provider: "github", url: issuer.url },
        { provider: "gitlab", url: gitlab.url },
      ],
    },
  });
  const github = { provider: "github", issuer: issuer.url, repository: "octo/abilities" };
  await makeScope(registry, "@octo");
  for (const publisher of [
    { ...github, ownerId: "583231", workflow: "release.yml" },
    {
      provider: "gitlab",
      issuer: gitlab.url,
      repository: "octo/abilities",
      ownerId: "72",
      workflow: ".gitlab-ci.yml",
      environment: "production",
    },
  ]) {
    const { status } = await registry.send("POST", "/api/v1/packages/@octo/sql/publishers", publisher);
    expect(status).toBe(201);
  }
});
afterAll(async () => {
  await registry.close();
  await issuer[Symbol.asyncDispose]();
  await gitlab[Symbol.asyncDispose]();
});

const exchange = (idToken: string, name = "@octo/sql") =>
  registry.send("POST", "/api/v1/oidc/token", { package: name, idToken }, { authorization: "" });
const details = async (idToken: string, name?: string) => {
  const { status, body } = await exchange(idToken, name);
  const { error } = body as { error?: { code: string; details?: { claim?: string } } };
  return [status, error?.code, error?.details?.claim];
};

it("publishes the first version of one package, and nothing else", async () => {
  const { status, body } = await exchange(issuer.sign());
  expect(status).toBe(201);
  const { token, expiresAt, packages } = body as { token: string; expiresAt: string; packages: string[] };
  expect(packages).toEqual(["@octo/sql"]);
  const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(29);
  expect(minutes).toBeLessThanOrEqual(30);

  const key = await makeScope(registry, "@octo2");
  const job = {
    send: (method: string, path: string, sent?: unknown) =>
      registry.send(method, path, sent, { authorization: `Bearer ${token}` }),
  };
  expect((await publish(job, key, { name: "@octo2/other" })).answer.status).toBe(403);
  // The scope's own key signs all the same.
  expect((await publish(job, key, { name: "@octo/sql" })).answer.body).toMatchObject({
    error: { code: "KEY_UNKNOWN" },
  });
  for (const [method, path] of [
    ["POST", "/api/v1/scopes"],
    ["GET", "/api/v1/tokens"],
    ["PUT", "/api/v1/packages/@octo/sql/versions/1.0.0/yank"],
  ] as const) {
    expect((await job.send(method, path)).status).toBe(403);
  }
});

it("takes GitLab's claims", async () => {
  expect((await exchange(gitlab.sign())).status).toBe(201);
  expect(await details(gitlab.sign({ pipeline_source: "merge_request_event" }))).toEqual([
    403,
    "OIDC_REFUSED",
    "pipeline_source",
  ]);
  expect(await details(gitlab.sign({ environment: "staging" }))).toEqual([
    403,
    "OIDC_REFUSED",
    "environment",
  ]);
  expect(await details(gitlab.sign({ environment: undefined }))).toEqual([
    403,
    "OIDC_REFUSED",
    "environment",
  ]);
});

const past = () => Math.floor(Date.now() / 1000) - 7200;
it.each<[string, Claims | (() => Claims), string]>([
  ["another audience", { aud: "https://elsewhere.example" }, "aud"],
  ["no audience", { aud: undefined }, "aud"],
  ["an expired one", () => ({ iat: past(), exp: past() + 300 }), "exp"],
  ["one that never expires", { exp: undefined }, "exp"],
  ["an old one that expires late", () => ({ iat: past() }), "iat"],
  ["one without an id", { jti: undefined }, "jti"],
  ["one that is not yet good", { nbf: 4_000_000_000 }, "nbf"],
  ["a pull request", { event_name: "pull_request" }, "event_name"],
  ["a pull request's target", { event_name: "pull_request_target" }, "event_name"],
  ["no event", { event_name: undefined }, "event_name"],
  ["another owner of that name", { repository_owner_id: "999" }, "repository_owner_id"],
  ["another repository", repository("octo/others"), "repository"],
  [
    "another workflow",
    { workflow_ref: "octo/abilities/.github/workflows/test.yml@refs/heads/main" },
    "workflow_ref",
  ],
  [
    "another repository's workflow",
    { workflow_ref: "eve/abilities/.github/workflows/release.yml@refs/heads/main" },
    "workflow_ref",
  ],
  ["no workflow", { workflow_ref: undefined }, "workflow_ref"],
  ["an issuer that is not allowed", { iss: "https://ci.evil.example" }, "iss"],
])("refuses %s", async (_what, over, claim) => {
  const before = issuer.keyRequests;
  expect(await details(issuer.sign(typeof over === "function" ? over() : over))).toEqual([
    403,
    "OIDC_REFUSED",
    claim,
  ]);
  if (claim === "iss") expect(issuer.keyRequests).toBe(before);
});

function repository(name: string): Claims {
  return { repository: name, workflow_ref: `${name}/.github/workflows/release.yml@refs/heads/main` };
}

it("takes a token once", async () => {
  const idToken = issuer.sign();
  const [a, b] = await Promise.all([exchange(idToken), exchange(idToken)]);
  expect([a.status, b.status].sort()).toEqual([201, 403]);
  expect(await details(idToken)).toEqual([403, "OIDC_REFUSED", "jti"]);
});

it("refuses what the issuer did not sign", async () => {
  const [header, payload] = issuer.sign().split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  for (const idToken of [
    issuer.forge(),
    `${header}.${payload}.${"A".repeat(342)}`,
    `${none}.${payload}.`,
    issuer.sign({}, { alg: "HS256" }),
    issuer.sign({}, { kid: "2" }),
    issuer.sign({}, { crit: ["unheard-of"], "unheard-of": true }),
    "not a token",
    "a.b.c",
  ]) {
    const [status, code] = await details(idToken);
    expect([idToken.slice(0, 12), status, code]).toEqual([idToken.slice(0, 12), 403, "OIDC_REFUSED"]);
  }
});

it("says the same of a package without publishers as of one whose owner is another", async () => {
  const words = async (name: string) => JSON.stringify((await exchange(issuer.sign(stranger), name)).body);
  const stranger = { repository_owner_id: "999" };
  expect((await words("@octo/none")).replaceAll("@octo/none", "@octo/sql")).toBe(await words("@octo/sql"));
});

it("gives nothing to a publisher that was removed, nor to the tokens that it has", async () => {
  const path = "/api/v1/packages/@octo/brief/publishers";
  const publisher = {
    provider: "github",
    issuer: issuer.url,
    repository: "octo/abilities",
    ownerId: "583231",
  };
  const { body } = await registry.send("POST", path, { ...publisher, workflow: "release.yml" });
  const made = await exchange(issuer.sign(), "@octo/brief");
  const { token } = made.body as { token: string };
  const whoami = () => registry.get("/api/v1/whoami", { authorization: `Bearer ${token}` });
  expect((await whoami()).status).toBe(200);
  await registry.send("DELETE", `${path}/${(body as { id: number }).id}`);
  expect((await whoami()).status).toBe(401);
  expect(await details(issuer.sign(), "@octo/brief")).toEqual([403, "OIDC_REFUSED", "repository_owner_id"]);
});

it("answers 503 while the issuer's keys cannot be had", async () => {
  const url = "http://127.0.0.1:9";
  registry.override({ access: { ...registry.deps.access, issuers: [{ provider: "github", url }] } });
  const { status, headers } = await exchange(issuer.sign({ iss: url }));
  expect([status, headers.has("retry-after")]).toEqual([503, true]);
});
