// SPDX-License-Identifier: Apache-2.0
/// <reference lib="dom" />
/** Passkeys of a real browser with a virtual authenticator; scopes and organisations by forms without scripts. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchBrowser, openPage, overflowOf, seriousProblems } from "../support/browser.ts";
import { findFreePort } from "../support/free-port.ts";
import { mustRun } from "../support/publishing.ts";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";
import { createSandbox } from "../support/sandbox.ts";

const PASSWORD = "correct horse battery staple";

describe.skipIf(chromiumPath() === undefined)("the account's pages", () => {
  let registry: TestRegistry;
  let browser: Browser;
  /** With a name: an address of digits has no passkeys. */
  let baseUrl: string;
  beforeAll(async () => {
    const port = await findFreePort();
    baseUrl = `http://localhost:${port}`;
    [registry, browser] = await Promise.all([
      startTestRegistry({ port, args: ["--origin", baseUrl] }),
      launchBrowser(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await registry?.stop();
  });

  async function signUp(page: Page, name: string): Promise<void> {
    await page.goto("/account/sign-up");
    await page.getByLabel("Name, as others see it").fill(name);
    await page.getByLabel("E-mail address").fill(`${name}@example.org`);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
  }

  it("registers a passkey, signs in with it, and not any more once it is removed", async () => {
    const { page, context, faults } = await openPage(browser, { baseUrl });
    const devices = await context.newCDPSession(page);
    await devices.send("WebAuthn.enable");
    const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await signUp(page, "pascal");
    await page.getByLabel("Name of the new passkey").fill("laptop <b>");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("laptop <b>").waitFor();
    const { credentials } = await devices.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toMatchObject([{ rpId: "localhost" }]);
    expect(await seriousProblems(page)).toEqual([]);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/account");
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "pascal" }).waitFor();

    await page.getByRole("button", { name: "Remove the passkey laptop <b>" }).click();
    await page.getByText("There is none. A passkey signs in").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/account");
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toBe("The registry does not know this passkey.");
    await page.goto("/account");
    expect(await page.locator("h1").innerText()).toBe("Sign in");
    expect(await faults()).toEqual([]);
    await context.close();
  });

  it("makes an organisation and gives roles in it and in a scope, without scripts", async () => {
    const [others, mine] = [
      await openPage(browser, { baseUrl, withoutScripts: true }),
      await openPage(browser, { baseUrl, withoutScripts: true }),
    ];
    await signUp(others.page, "bert");
    const { page } = mine;
    await signUp(page, "alma");
    await page.getByText("Make an organisation").click();
    await page.getByLabel("Its name").fill("mill-works");
    await page.getByRole("button", { name: "Make the organisation" }).click();
    await page.getByRole("heading", { level: 1, name: "mill-works" }).waitFor();
    const members = () => page.locator(".members-table tbody th").allInnerTexts();
    expect(await members()).toEqual(["alma"]);

    await page.getByLabel("Account", { exact: true }).fill("nobody-here");
    await page.getByRole("button", { name: "Add" }).click();
    expect(await page.getByRole("alert").innerText()).toBe("there is no account nobody-here");
    await page.getByLabel("Account", { exact: true }).fill("bert");
    await page.getByRole("button", { name: "Add" }).click();
    expect(await members()).toEqual(["alma", "bert"]);
    await page.getByRole("button", { name: "Remove alma" }).click();
    expect(await page.getByRole("alert").innerText()).toBe("mill-works would have no owner left");

    await makeScopeOf(page, "@alma");
    await page.goto("/account");
    await page.getByRole("link", { name: "@alma", exact: true }).click();
    expect(await page.locator("main").innerText()).toContain("lora key add @alma");
    await page.getByLabel(/^Account, or org:/).fill("org:mill-works");
    await page.getByLabel("Role", { exact: true }).selectOption("reader");
    await page.getByRole("button", { name: "Add" }).click();
    expect(await members()).toEqual(["alma", "org:mill-works"]);
    await page.getByRole("combobox", { name: "Role of org:mill-works" }).selectOption("publisher");
    await page.getByRole("button", { name: "Change the role of org:mill-works" }).click();
    expect(await page.getByRole("combobox", { name: "Role of org:mill-works" }).inputValue()).toBe(
      "publisher",
    );

    // bert has a role through the organisation: sees, changes nothing.
    await others.page.goto("/account/scopes/@alma");
    expect(await others.page.locator(".members-table").innerText()).toMatch(/alma\s+owner/);
    expect(await others.page.getByRole("button", { name: /Add|Change|Remove/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Remove org:mill-works" }).click();
    expect(await members()).toEqual(["alma"]);
    expect((await others.page.goto("/account/scopes/@alma"))?.status()).toBe(403);
    await mine.context.close();
    await others.context.close();
  });

  it.each(["/account", "/account/organisations/mill-works", "/account/scopes/@alma", "/@alma"])(
    "%s breaks no rule, light on a desktop and dark on a phone",
    async (path) => {
      const { page, context, faults } = await openPage(browser, { baseUrl });
      await page.goto("/account");
      await page.getByLabel("E-mail address").fill("alma@example.org");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "alma" }).waitFor();
      expect((await page.goto(path))?.headers()["cache-control"]).toBe("private, no-store");
      expect(await seriousProblems(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 390, height: 844 });
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      // What can be pressed is in sight, and not at the end of a table that scrolls.
      const outside = await page
        .locator("main button")
        .evaluateAll((buttons) =>
          buttons
            .filter((button) => button.getBoundingClientRect().right > window.innerWidth)
            .map((button) => button.textContent),
        );
      expect(outside).toEqual([]);
      expect(await seriousProblems(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(await faults()).toEqual([]);
      await context.close();
    },
  );

  /** By the command line, as the page says, with a token of the page. */
  async function makeScopeOf(page: Page, scope: string): Promise<void> {
    await page.goto("/account");
    await page.getByText("Make a token").click();
    await page.getByLabel("Name", { exact: true }).fill("for the command line");
    await page.getByLabel("owners").check();
    await page.getByRole("button", { name: "Make the token" }).click();
    const token = /lora_[0-9A-Za-z]{36}/.exec(await page.locator("[data-copy-text]").innerText())?.[0] ?? "";
    await using sandbox = await createSandbox({ LORA_REGISTRY: baseUrl, LORA_TOKEN: token });
    await mustRun(sandbox, ["scope", "create", scope]);
  }
});
