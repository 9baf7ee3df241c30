// SPDX-License-Identifier: Apache-2.0
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** A real Chromium, and what every page of the catalog is held to. */
import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Nothing of it is for the pages: a browser in a container, that calls nobody on its own. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * Where Chromium is, or undefined: the suite that needs it is then skipped. Under `LORA_REQUIRE_SERVICES=1` its absence is
 * an error instead.
 */
export function chromiumPath(): string | undefined {
  const path = process.env.CHROMIUM || PLACES.find((place) => existsSync(place));
  if (path === undefined && process.env.LORA_REQUIRE_SERVICES === "1") {
    throw new Error(
      "there is no Chromium, and LORA_REQUIRE_SERVICES=1 asks for it: scripts/services/chromium",
    );
  }
  return path;
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("there is no Chromium");
  return chromium.launch({ executablePath, args: FLAGS });
}

export interface WatchedPage {
  page: Page;
  context: BrowserContext;
  /** What no page may do, so far: break its policy, ask another server, write an error, open a dialog. */
  faults(): Promise<string[]>;
}

export interface WatchOptions {
  dark?: boolean;
  phone?: boolean;
  withoutScripts?: boolean;
  /** For `page.goto("/")`. */
  baseUrl: string;
}

export async function openPage(browser: Browser, options: WatchOptions): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: options.baseUrl,
    colorScheme: options.dark ? "dark" : "light",
    viewport: options.phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
    javaScriptEnabled: !options.withoutScripts,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const faults: string[] = [];
  await context.exposeBinding("reportViolation", (_source, text: string) => void faults.push(text));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { reportViolation } = window as unknown as { reportViolation(text: string): void };
      reportViolation(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  const { origin } = new URL(options.baseUrl);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A page that is not there is one of those that are looked at.
    const isStatus = /the server responded with a status of 40\d/.test(message.text());
    if (message.type() === "error" && !isStatus) faults.push(`console: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return {
    page,
    context,
    faults: async () => {
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      return faults;
    },
  };
}

/** What axe calls serious or critical, one line each. */
export async function seriousProblems(page: Page): Promise<string[]> {
  // By the protocol of the debugger, which no policy of the page stops.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run({
      resultTypes: ["violations"],
      // Off unless asked for: what is pressed has 24 pixels, or as much room (WCAG 2.2, 2.5.8).
      rules: { "target-size": { enabled: true } },
    }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

/** By how many pixels the page is wider than its window: then it scrolls sideways, which it never should. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
