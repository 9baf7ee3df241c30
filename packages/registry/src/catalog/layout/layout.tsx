// SPDX-License-Identifier: Apache-2.0
import type { Child } from "hono/jsx";
import type { Assets } from "../assets/index.ts";
import { feedPath, homePath, logPath, modelsPath, myModelPath, searchPath } from "../paths.ts";
import { Icon, Mark } from "./icons.tsx";

/** What every page is made with. */
export interface Site {
  origin: string;
  assets: Assets;
}

export interface PageHead {
  /** Before ` · lora`; the home page has its own. */
  title: string;
  description?: string | undefined;
  /** Path of the page, without what only leads through a list. */
  canonical?: string | undefined;
  /** Path of a picture for those who show links with one, 1200 × 630. */
  picture?: string | undefined;
  feed?: { path: string; title: string } | undefined;
  /** Islands that the page has use for. */
  scripts?: readonly string[] | undefined;
  /** Not for search engines. */
  isUnlisted?: boolean | undefined;
}

export interface LayoutProps extends PageHead {
  site: Site;
  /** What stands in the search box of the header; the box is left out where the page has its own. */
  search?: string | false | undefined;
  here?: "search" | "models" | "my-model" | "log" | "account" | undefined;
  children?: Child;
}

export function Layout(props: LayoutProps) {
  const { site, children, search = "", here } = props;
  return (
    <html lang="en">
      <Head {...props} />
      <body>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header class="site-header">
          <div class="bar">
            <a class="brand" href={homePath} aria-label="lora, home">
              <Mark />
              <span>lora</span>
            </a>
            {search === false ? <span class="spacer" /> : <HeaderSearch value={search} />}
            <nav class="site-nav" aria-label="Main">
              <NavLink path={searchPath} text="Abilities" isHere={here === "search"} />
              <NavLink path={modelsPath} text="Models" isHere={here === "models"} />
              <NavLink path={myModelPath} text="My model" isHere={here === "my-model"} />
              <NavLink path={logPath} text="Log" isHere={here === "log"} />
              <NavLink path="/account" text="Account" isHere={here === "account"} />
            </nav>
            <button
              class="theme-switch is-waiting"
              type="button"
              data-theme-switch
              aria-label="Dark or light"
            >
              <Icon name="theme" />
            </button>
          </div>
        </header>
        <main id="content">{children}</main>
        <Footer origin={site.origin} />
      </body>
    </html>
  );
}

function Head({ site, title, description, canonical, picture, feed, scripts = [], isUnlisted }: LayoutProps) {
  const { assets, origin } = site;
  const shown = title === "" ? "lora: abilities for your own model" : `${title} · lora`;
  const scriptPaths = ["site", ...scripts].flatMap((name) => assets.path(`${name}.js`) ?? []);
  const [theme, styles] = [assets.path("theme.js"), assets.path("site.css")];
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{shown}</title>
      {description && <meta name="description" content={description} />}
      {isUnlisted && <meta name="robots" content="noindex" />}
      <meta name="color-scheme" content="light dark" />
      {theme && <script src={theme} />}
      {styles && <link rel="stylesheet" href={styles} />}
      <link rel="icon" type="image/svg+xml" href={assets.path("mark.svg") ?? "/favicon.svg"} />
      {canonical !== undefined && <link rel="canonical" href={`${origin}${canonical}`} />}
      <link rel="search" type="application/opensearchdescription+xml" href="/opensearch.xml" title="lora" />
      <link
        rel="alternate"
        type="application/atom+xml"
        href={feed?.path ?? feedPath("all")}
        title={feed?.title ?? "New releases"}
      />
      <meta property="og:site_name" content="lora" />
      <meta property="og:type" content="website" />
      <meta property="og:title" content={shown} />
      {description && <meta property="og:description" content={description} />}
      {canonical !== undefined && <meta property="og:url" content={`${origin}${canonical}`} />}
      {picture && <meta property="og:image" content={`${origin}${picture}`} />}
      {picture && <meta property="og:image:width" content="1200" />}
      {picture && <meta property="og:image:height" content="630" />}
      {picture && <meta name="twitter:card" content="summary_large_image" />}
      {scriptPaths.map((path) => (
        <script type="module" src={path} />
      ))}
    </head>
  );
}

function HeaderSearch({ value }: { value: string }) {
  return (
    <search>
      <form class="header-search" action={searchPath}>
        <Icon name="search" />
        <input
          type="search"
          name="q"
          value={value}
          placeholder="Search abilities"
          aria-label="Search abilities"
          maxlength={200}
          autocomplete="off"
          spellcheck={false}
        />
      </form>
    </search>
  );
}

function NavLink({ path, text, isHere }: { path: string; text: string; isHere: boolean }) {
  return (
    <a href={path} {...(isHere ? { "aria-current": "page" } : {})}>
      {text}
    </a>
  );
}

function Footer({ origin }: { origin: string }) {
  return (
    <footer class="site-footer">
      <div>
        <p>
          <strong>lora</strong>, the package manager for model abilities. This registry is{" "}
          <code>{origin}</code>
        </p>
        <p class="muted">
          Signed is not safe: a signature says who published, not that weights are harmless.
        </p>
      </div>
      <nav aria-label="For programs">
        <a href="/api">API</a>
        <a href="/registry.json">registry.json</a>
        <a href="/schema/lora.json">Schema</a>
        <a href={feedPath("all")}>Feed</a>
        <a href="/llms.txt">llms.txt</a>
      </nav>
    </footer>
  );
}
