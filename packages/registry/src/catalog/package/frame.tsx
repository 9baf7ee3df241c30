// SPDX-License-Identifier: Apache-2.0
import type { Child } from "hono/jsx";
import type { PackageVersion } from "../data/package.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { Command } from "../parts/index.ts";
import {
  feedPath,
  graphPath,
  packagePath,
  picturePath,
  scopePath,
  searchUrl,
  versionsPath,
} from "../paths.ts";

export type Tab = "about" | "versions" | "dependencies";

export interface PackageFrameProps {
  site: Site;
  of: PackageVersion;
  tab: Tab;
  title?: string;
  scripts?: readonly string[];
  children?: Child;
}

/** What all pages of a package share: its name, how to install it, what is wrong with the version, and the tabs. */
export function PackageFrame({ site, of, tab, title, scripts = [], children }: PackageFrameProps) {
  const { name, version, latest, manifest } = of;
  const isLatest = version === latest;
  const spec = isLatest ? name : `${name}@${version}`;
  const scope = name.slice(0, name.indexOf("/"));
  return (
    <Layout
      site={site}
      title={title ?? (isLatest ? name : `${name} ${version}`)}
      description={manifest.description ?? `An ability to install: ${name}`}
      canonical={packagePath(name, isLatest ? undefined : version)}
      {...(of.isPrivate ? { isUnlisted: true } : sharing(name))}
      scripts={scripts}
    >
      <div class="package-head">
        <h1>
          <span class="package-label">
            <a class="package-scope" href={scopePath(scope)}>
              {scope}
            </a>
            <span class="package-scope">/</span>
            <wbr />
            <b>{name.slice(scope.length + 1)}</b>
          </span>
          <span class="version">{version}</span>
          {of.entry.adapters.length === 0 && <span class="tag">bundle</span>}
          {of.isPrivate && <span class="tag tag-warn">private</span>}
        </h1>
        {manifest.description !== undefined && (
          <p class="lead" dir="auto">
            {manifest.description}
          </p>
        )}
        {(manifest.keywords ?? []).length > 0 && (
          <ul class="keywords" aria-label="Keywords">
            {(manifest.keywords ?? []).map((keyword) => (
              <li>
                <a href={searchUrl({ keyword })}>{keyword}</a>
              </li>
            ))}
          </ul>
        )}
        <Notices of={of} />
        <Command text={`lora install ${spec}`} />
        <Tabs of={of} tab={tab} />
      </div>
      {children}
    </Layout>
  );
}

/** Neither a picture nor a feed is given to somebody who is signed in alone. */
function sharing(name: string) {
  return {
    picture: picturePath(name),
    feed: { path: feedPath(name), title: `Releases of ${name}` },
  };
}

function Notices({ of }: { of: PackageVersion }) {
  const { name, version, latest, entry } = of;
  return (
    <>
      {entry.yanked !== undefined && (
        <p class="notice notice-bad">
          <Icon name="warn" />
          <span>
            <b>This version was yanked:</b> {entry.yanked}. It is chosen by no new install.
          </span>
        </p>
      )}
      {entry.deprecated !== undefined && (
        <p class="notice notice-warn">
          <Icon name="warn" />
          <span>
            <b>Deprecated:</b> {entry.deprecated}
          </span>
        </p>
      )}
      {version !== latest && (
        <p class="notice">
          <span>
            This is not the latest version. <a href={packagePath(name)}>Go to {latest}</a>
          </span>
        </p>
      )}
    </>
  );
}

function Tabs({ of, tab }: { of: PackageVersion; tab: Tab }) {
  const { name, version, latest, versions, entry } = of;
  const needs = Object.keys(entry.dependencies).length + Object.keys(entry.optionalDependencies).length;
  const link = (own: Tab, path: string, text: string, count?: number) => (
    <a href={path} {...(own === tab ? { "aria-current": "page" } : {})}>
      {text}
      {count !== undefined && <span class="count">{count}</span>}
    </a>
  );
  return (
    <nav class="tabs" aria-label="Package">
      {link("about", packagePath(name, version === latest ? undefined : version), "About")}
      {link("versions", versionsPath(name), "Versions", versions.length)}
      {link("dependencies", graphPath(name), "Dependencies", needs)}
    </nav>
  );
}
