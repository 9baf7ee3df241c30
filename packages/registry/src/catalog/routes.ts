// SPDX-License-Identifier: Apache-2.0
import { Hono } from "hono";
import type { Deps } from "../deps.ts";
import { allowedMethods, answerNotAllowed } from "../http/allowed-methods.ts";
import type { App, AppEnv, RequestContext } from "../http/context.ts";
import { answerNotFound, notFound } from "../http/errors.ts";
import { getAccount } from "./account/get.tsx";
import {
  getOrganisation,
  giveMembership,
  makeOrganisation,
  takeMembership,
} from "./account/organisation.tsx";
import { endPasskey } from "./account/passkeys.tsx";
import { getOwnScope, giveRole, takeRole } from "./account/scope.tsx";
import { signIn, signOut } from "./account/sign-in.tsx";
import { showSignUp, signUp } from "./account/sign-up.tsx";
import { endToken, makeToken } from "./account/tokens.tsx";
import { openAssets } from "./assets/index.ts";
import { getModel, getModels } from "./base/get.tsx";
import { compareForm, getCompare } from "./compare/get.tsx";
import { keepPublicTally } from "./data/public-tally.ts";
import { answerErrorPage } from "./errors/answer.tsx";
import { getFeed } from "./feeds/get.ts";
import { getGraph } from "./graph/get.tsx";
import { getHome } from "./home/get.tsx";
import type { Site } from "./layout/index.ts";
import { getLog } from "./log/get.tsx";
import { getMyModel } from "./model/get.tsx";
import { getPackage } from "./package/get.tsx";
import { getVersions } from "./package/versions.tsx";
import { getBadge } from "./pictures/badge.ts";
import { getPicture } from "./pictures/get.ts";
import { getScope } from "./scope/get.tsx";
import { getSearch } from "./search/get.tsx";
import {
  getFavicon,
  getLlmsText,
  getOpenSearch,
  getRobots,
  getSitemap,
  getSitemapIndex,
} from "./site/get.ts";

/**
 * Everything that is for people, on addresses that no read path uses. To be mounted last.
 */
export function mountCatalog(app: App, deps: Deps): void {
  const site = { origin: deps.origin, assets: openAssets() };
  const own = { ...deps, site, publicTally: keepPublicTally(deps.db) };
  const pages = new Hono<AppEnv>();
  pages.onError((error, c) => answerErrorPage(error, c, site));

  pages.get("/", getHome(own));
  pages.get("/search", getSearch(own));
  pages.get("/models", getModels(own));
  pages.get("/models/:fingerprint", getModel(own));
  pages.get("/my-model", getMyModel(own));
  pages.get("/log", getLog(own));
  pages.get("/account", getAccount(own));
  pages.get("/account/sign-up", showSignUp(own));
  pages.post("/account/sign-up", signUp(own));
  pages.post("/account/sign-in", signIn(own));
  pages.post("/account/sign-out", signOut(own));
  pages.post("/account/tokens", makeToken(own));
  pages.post("/account/tokens/revoke", endToken(own));
  pages.post("/account/passkeys/remove", endPasskey(own));
  pages.get("/account/scopes/:scope", getOwnScope(own));
  pages.post("/account/scopes/:scope/members", giveRole(own));
  pages.post("/account/scopes/:scope/members/remove", takeRole(own));
  pages.post("/account/organisations", makeOrganisation(own));
  pages.get("/account/organisations/:organisation", getOrganisation(own));
  pages.post("/account/organisations/:organisation/members", giveMembership(own));
  pages.post("/account/organisations/:organisation/members/remove", takeMembership(own));
  pages.get("/:scope{@[^/]+}", getScope(own));
  pages.get("/:scope{@[^/]+}/:name", getPackage(own));
  pages.get("/:scope{@[^/]+}/:name/versions", getVersions(own));
  pages.get("/:scope{@[^/]+}/:name/dependencies", getGraph(own));
  pages.get("/:scope{@[^/]+}/:name/compare", compareForm());
  pages.get("/:scope{@[^/]+}/:name/compare/:range", getCompare(own));
  pages.get("/:scope{@[^/]+}/:name/:version", getPackage(own));

  pages.get("/assets/:file", (c) => site.assets.answer(c));
  pages.get("/feeds/:file", getFeed(own));
  pages.get("/feeds/:scope/:file", getFeed(own));
  pages.get("/badges/:scope/:file", getBadge(own));
  pages.get("/pictures/:file", getPicture(own));
  pages.get("/pictures/:scope/:file", getPicture(own));
  pages.get("/robots.txt", getRobots(own));
  pages.get("/sitemap.xml", getSitemapIndex(own));
  pages.get("/sitemap-packages.xml", getSitemap(own));
  pages.get("/opensearch.xml", getOpenSearch(own));
  pages.get("/llms.txt", getLlmsText(own));
  pages.get("/favicon.ico", getFavicon(own));
  pages.get("/favicon.svg", getFavicon(own));
  app.route("/", pages);
  app.notFound((c) => {
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length > 0 && !allowed.includes(c.req.method)) return answerNotAllowed(c, allowed);
    if (!asksForPage(c)) return answerNotFound(c);
    const usual = usualPath(c.req.path);
    return usual === c.req.path ? answerNothing(c, site) : c.redirect(usual + new URL(c.req.url).search, 301);
  });
}

/** Paths that programs read, where the answer never depends on who asks. */
const READ_PATHS = /^\/(?:api|index|versions|blobs|bases|scopes|schema|log)\//;

function asksForPage(c: RequestContext): boolean {
  return !READ_PATHS.test(c.req.path) && (c.req.header("accept") ?? "").includes("text/html");
}

/** A page's own address, for one that was written with a slash at its end or an escaped `@`. Always a path of this site. */
function usualPath(path: string): string {
  const usual = path.replace(/^\/%40/, "/@").replace(/\/$/, "");
  return /^\/[@a-z][^\\]*$/.test(usual) ? usual : path;
}

function answerNothing(c: RequestContext, site: Site): Promise<Response> {
  return answerErrorPage(notFound("there is nothing at this address"), c, site);
}
