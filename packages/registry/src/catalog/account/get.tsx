// SPDX-License-Identifier: Apache-2.0

import type { LoraError } from "@lora/client/errors";
import { listPasskeys, type Viewer } from "../../accounts/index.ts";
import { listTokens } from "../../auth/issue-token.ts";
import { rolesOf } from "../../auth/rights.ts";
import type { RequestContext } from "../../http/context.ts";
import { listOrganisations } from "../../organisations/index.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { AccountContent } from "./content.tsx";
import { answerAccountPage } from "./frame.tsx";
import { answerSignIn } from "./sign-in.tsx";

/** `/account`: what belongs to whoever is signed in, or the form to sign in with. */
export function getAccount(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const viewer = await deps.accounts.viewer(c.req.raw.headers);
    return viewer === undefined ? answerSignIn(deps, c) : answerAccount(deps, c, viewer);
  };
}

/** @param problem of a form on the page */
export async function answerAccount(
  { db, site }: CatalogDeps,
  c: RequestContext,
  viewer: Viewer,
  problem?: LoraError,
): Promise<Response> {
  const { organisations } = await listOrganisations(db, viewer.userId);
  return answerAccountPage(
    c,
    site,
    viewer.name,
    <AccountContent
      viewer={viewer}
      tokens={await listTokens(db, viewer.userId)}
      passkeys={await listPasskeys(db, viewer.userId)}
      scopes={[...(await rolesOf(db, viewer.userId))].sort(([a], [b]) => (a < b ? -1 : 1))}
      organisations={organisations}
      problem={problem?.message}
      now={new Date()}
    />,
    problem?.kind.httpStatus,
    ["passkey"],
  );
}
