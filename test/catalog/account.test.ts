// SPDX-License-Identifier: Apache-2.0
/** From nobody to a published ability: an account in the browser, a login of the command line, a publish, its page. */
import type { ChildProcess } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchBrowser, openPage, seriousProblems } from "../support/browser.ts";
import { mustRun, publishAbility } from "../support/publishing.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";

const PASSWORD = "correct horse battery staple";

describe.skipIf(chromiumPath() === undefined)("an account", () => {
  let registry: TestRegistry;
  let browser: Browser;
  let sandbox: Sandbox;
  beforeAll(async () => {
    [registry, browser] = await Promise.all([startTestRegistry(), launchBrowser()]);
    sandbox = await createSandbox({ LORA_REGISTRY: registry.url });
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.[Symbol.asyncDispose]();
    await registry?.stop();
  });

  it("is made in the browser, approves the command line, and publishes what the page then shows", async () => {
    const { page, context, faults } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/account");
    await page.getByRole("link", { name: "Make an account" }).click();
    await page.getByLabel("Name, as others see it").fill("alice");
    await page.getByLabel("E-mail address").fill("alice@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("heading", { level: 1, name: "alice" }).waitFor();

    const code = Promise.withResolvers<string>();
    const login = sandbox.lora(["login"], { onSpawn: (child) => findCode(child, code.resolve) });
    await page.goto("/device");
    await page.getByLabel("The code that your terminal shows").fill(await code.promise);
    await page.getByRole("button", { name: "Go on" }).click();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText("Approved.").waitFor();
    const { exitCode, stderr } = await login;
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("enter the code")]);

    await mustRun(sandbox, ["scope", "create", "@alice"]);
    await publishAbility(sandbox, {
      name: "@alice/upper",
      ability: "upper",
      manifest: { description: "Answers in capitals", license: "MIT" },
    });
    await page.goto("/@alice/upper");
    expect(await page.locator("main").innerText()).toContain("Answers in capitals");
    expect(await page.locator(".facts").innerText()).toMatch(/In the log\s+entry \d+, receipt/);

    await page.goto("/account");
    expect(await page.locator(".package-aside").innerText()).toMatch(/@alice\s+owner/);
    expect(await seriousProblems(page)).toEqual([]);
    expect(await faults()).toEqual([]);
    await context.close();
  });

  it("makes a token that is shown once, revokes it, and signs out", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/account");
    await page.getByLabel("E-mail address").fill("alice@example.org");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("E-mail address").fill("alice@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Make a token").click();
    await page.getByLabel("Name", { exact: true }).fill("from the page");
    await page.getByRole("button", { name: "Make the token" }).click();
    const shown = await page.locator("[data-copy-text]").innerText();
    const token = /lora_[0-9A-Za-z]{36}/.exec(shown)?.[0] ?? "";
    const whoami = () =>
      fetch(new URL("/api/v1/whoami", registry.url), { headers: { authorization: `Bearer ${token}` } });
    expect((await whoami()).status).toBe(200);

    await page.getByRole("link", { name: "Back to the account" }).click();
    expect(await page.content()).not.toContain(token);
    await page.getByRole("button", { name: "Revoke from the page" }).click();
    await page.getByRole("button", { name: "Revoke from the page" }).waitFor({ state: "detached" });
    expect((await whoami()).status).toBe(401);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/account");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await context.close();
  });
});

function findCode(child: ChildProcess, found: (code: string) => void): void {
  let text = "";
  child.stderr?.on("data", (chunk) => {
    text += chunk;
    const code = /enter the code\s+(\S+)/.exec(text)?.[1];
    if (code !== undefined) found(code);
  });
}
