// SPDX-License-Identifier: Apache-2.0
/** People and jobs: log in by the browser, share a scope, install what is private, publish from CI. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OidcIssuer, startOidcIssuer } from "../support/oidc-issuer.ts";
import { createProject, mustRun, publishAbility } from "../support/publishing.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";

let registry: TestRegistry;
let issuer: OidcIssuer;
let alice: Sandbox;
const sandboxes: Sandbox[] = [];
async function newMachine(name?: string): Promise<Sandbox> {
  const token = name === undefined ? {} : { LORA_TOKEN: await tokenOf(name) };
  const sandbox = await createSandbox({ LORA_REGISTRY: registry.url, ...token });
  sandboxes.push(sandbox);
  return sandbox;
}

beforeAll(async () => {
  // The audience is the registry's origin, which is known once it listens.
  issuer = await startOidcIssuer("");
  registry = await startTestRegistry({ env: { LORA_OIDC_ISSUERS: `github=${issuer.url}` } });
  await signUp("alice");
  await signUp("bob");
  alice = await newMachine("alice");
});
afterAll(async () => {
  for (const sandbox of sandboxes) await sandbox[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const account = (name: string) => ({ name, email: `${name}@example.org`, password: `password of ${name}` });
const origin = async () =>
  ((await (await fetch(`${registry.url}/registry.json`)).json()) as { origin: string }).origin;

async function signUp(name: string): Promise<void> {
  const response = await fetch(`${registry.url}/api/auth/sign-up/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: await origin() },
    body: JSON.stringify(account(name)),
  });
  expect(response.status).toBe(200);
}

/** What a person does in the browser. */
async function decide(name: string, userCode: string, action: "approve" | "deny"): Promise<string> {
  const headers = { "sec-fetch-site": "same-origin" };
  const send = (fields: Record<string, string>, cookie = "") =>
    fetch(`${registry.url}/device`, {
      method: "POST",
      redirect: "manual",
      headers: { ...headers, cookie },
      body: new URLSearchParams({ user_code: userCode, ...fields }),
    });
  const signedIn = await send({ action: "sign-in", ...account(name) });
  const cookie = signedIn.headers.getSetCookie().map((each) => each.split(";")[0]);
  return (await send({ action }, cookie.join("; "))).text();
}

/** As after a login, without the waiting: the same requests. */
async function tokenOf(name: string): Promise<string> {
  const post = async (path: string, body: unknown) => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(`${registry.url}/api/v1${path}`, init)).json();
  };
  const { deviceCode, userCode } = (await post("/login", { label: "test" })) as Record<string, string>;
  await decide(name, userCode ?? "", "approve");
  return ((await post("/login/token", { deviceCode })) as { token: string }).token;
}

/** `lora login`, up to its end; the person acts when the code is shown. */
async function login(sandbox: Sandbox, name: string, action: "approve" | "deny" = "approve") {
  let isDecided = false;
  return sandbox.lora(["login", "--registry", registry.url], {
    onSpawn: (child) => {
      let shown = "";
      child.stderr?.on("data", (chunk: string) => {
        shown += chunk;
        const [, code] = /^ {2}([A-Z2-9]{4}-[A-Z2-9]{4})$/m.exec(shown) ?? [];
        if (code === undefined || isDecided) return;
        isDecided = true;
        void decide(name, code, action);
      });
    },
  });
}

it("logs in by the browser, and out", async () => {
  const machine = await newMachine();
  const outcome = await login(machine, "alice");
  expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("as alice") });
  expect(outcome.stderr).toContain(`open\n\n  ${await origin()}/device\n`);
  expect((await mustRun(machine, ["whoami"])).stdout).toMatch(/^alice\n/);
  const credentials = JSON.parse(await readFile(`${machine.home}/credentials.json`, "utf8"));
  const token = credentials.tokens[registry.url];
  await mustRun(machine, ["logout"]);
  expect(await machine.lora(["whoami"])).toMatchObject({ exitCode: 77 });
  // Not only forgotten: revoked.
  expect(await machine.lora(["whoami"], { env: { LORA_TOKEN: token } })).toMatchObject({ exitCode: 77 });
  expect((await machine.lora(["logout"])).stderr).toContain("not logged in");
});

it("ends a login that is denied", async () => {
  const outcome = await login(await newMachine(), "alice", "deny");
  expect(outcome).toMatchObject({ exitCode: 77, stdout: "" });
  expect(outcome.stderr).toContain("error: the login was refused");
});

describe("a private package", () => {
  let reader: Sandbox;
  beforeAll(async () => {
    await mustRun(alice, ["scope", "create", "@alice"]);
    await mustRun(alice, ["visibility", "@alice", "private"]);
    await publishAbility(alice, { name: "@alice/upper", ability: "upper" });
    reader = await newMachine();
    await createProject(reader, "project");
  });
  const install = (sandbox: Sandbox, env = {}) =>
    sandbox.lora(["install", "@alice/upper"], { cwd: "project", env });

  it("is installed by those who may read it, and does not exist for others", async () => {
    const refused = await install(reader);
    expect(refused).toMatchObject({ exitCode: 66, stdout: "" });
    const token = await tokenOf("bob");
    expect((await install(reader, { LORA_TOKEN: token })).stderr).toBe(refused.stderr);
    reader.env.LORA_TOKEN = token;
    expect((await reader.json(["search", "upper"])).packages).toEqual([]);

    await mustRun(alice, ["owner", "add", "@alice", "bob", "--role", "reader"]);
    expect((await reader.json(["search", "upper"])).packages).toMatchObject([{ name: "@alice/upper" }]);
    expect(await install(reader)).toMatchObject({ exitCode: 0 });
    expect((await reader.json(["verify"], { cwd: "project" })).error).toBeUndefined();
    expect(await reader.lora(["yank", "@alice/upper@1.0.0", "--reason", "x"])).toMatchObject({
      exitCode: 77,
    });

    await mustRun(alice, ["owner", "rm", "@alice", "bob"]);
    const late = await newMachine("bob");
    await createProject(late, "project");
    expect(await install(late)).toMatchObject({ exitCode: 66 });
  });

  it("is read by a machine with a token, until that is revoked", async () => {
    const machine = await newMachine();
    await createProject(machine, "project");
    const made = await alice.json(["token", "create", "machine", "--package", "@alice/up*", "--days", "1"]);
    const env = { LORA_TOKEN: made.token };
    const info = () => machine.lora(["info", "@alice/upper"], { env });
    expect(await info()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("@alice/upper") });
    expect(await machine.lora(["token", "ls"], { env })).toMatchObject({ exitCode: 77 });
    expect((await mustRun(alice, ["token", "ls"])).stdout).toContain("machine");
    await mustRun(alice, ["token", "revoke", String(made.id)]);
    expect(await info()).toMatchObject({ exitCode: 77 });
  });
});

it("keeps a scope with an organisation, whose members may what both roles allow", async () => {
  const bob = await newMachine("bob");
  await mustRun(alice, ["org", "create", "staff"]);
  await mustRun(alice, ["scope", "create", "@staff", "--org", "staff"]);
  expect(await bob.lora(["org", "ls", "staff"])).toMatchObject({ exitCode: 66 });
  await mustRun(alice, ["org", "add", "staff", "bob", "--role", "publisher"]);
  expect((await bob.json(["org", "ls"])).organisations).toEqual([{ name: "staff", role: "publisher" }]);
  expect((await bob.json(["owner", "ls", "@staff"])).owners).toMatchObject([
    { name: "org:staff", role: "owner" },
  ]);
  expect(await bob.lora(["owner", "add", "@staff", "bob"])).toMatchObject({ exitCode: 77 });
  expect(await alice.lora(["owner", "rm", "@staff", "org:staff"])).toMatchObject({
    exitCode: 65,
    stderr: expect.stringContaining("no owner left"),
  });
  expect(await alice.lora(["owner", "add", "@staff", "nobody"])).toMatchObject({ exitCode: 66 });
});

it("publishes a first version from CI by the job's own identity, and nothing from a pull request", async () => {
  await mustRun(alice, ["scope", "create", "@octo"]);
  const { keyPath } = (await alice.json(["key", "ls"])).keys
    .filter((key: { scope: string }) => key.scope === "@octo")
    .map((key: { path: string }) => ({ keyPath: key.path }))[0];
  await mustRun(alice, [
    ...["publisher", "add", "@octo/upper", "--github", "octo/abilities"],
    ...["--owner-id", "583231", "--workflow", "release.yml", "--issuer", issuer.url],
  ]);
  const job = await createSandbox({
    ...{ LORA_REGISTRY: registry.url, LORA_SIGNING_KEY: await readFile(keyPath, "utf8"), CI: "true" },
    ...issuer.jobEnv,
  });
  sandboxes.push(job);
  await publishAbility(job, { name: "@octo/upper", ability: "upper" });
  expect((await job.json(["info", "@octo/upper"])).error).toBeUndefined();

  issuer.claims = { ...issuer.claims, event_name: "pull_request" };
  await expect(
    publishAbility(job, { name: "@octo/upper", version: "1.1.0", ability: "upper" }),
  ).rejects.toThrow(/event_name.*pull request/);
  issuer.claims = { ...issuer.claims, event_name: "push" };
  await expect(publishAbility(job, { name: "@octo/other", ability: "upper" })).rejects.toThrow(
    /repository_owner_id/,
  );
});

it("each command shows its usage and an example", async () => {
  const commands = ["login", "logout", "whoami", "visibility", "token create", "token ls", "token revoke"];
  commands.push("owner ls", "owner add", "owner rm", "org create", "org ls", "org add", "org rm");
  commands.push("publisher add", "publisher ls", "publisher rm");
  for (const command of commands) {
    const { exitCode, stdout } = await alice.lora([...command.split(" "), "--help"]);
    expect([command, exitCode, stdout.includes(`$ lora ${command}`)]).toEqual([command, 0, true]);
    expect(stdout).toMatch(/EXAMPLES?\n/);
  }
});
