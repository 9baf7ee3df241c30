// SPDX-License-Identifier: Apache-2.0

import { listTokens } from "../../auth/issue-token.ts";
import { rolesOf } from "../../auth/rights.ts";
import { listOrganisations } from "../../organisations/index.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { AccountContent } from "./content.tsx";
import { answerAccountPage } from "./frame.tsx";
import { SignInForm } from "./sign-in.tsx";

/** `/account`: what belongs to whoever is signed in, or the form to sign in with. */
export function getAccount({ db, accounts, site }: CatalogDeps): PageRoute {
  return async (c) => {
    const viewer = await accounts.viewer(c.req.raw.headers);
    if (viewer === undefined) {
      const content = <SignInForm isSignUpOpen={accounts.isSignUpOpen} />;
      return answerAccountPage(c, site, "Sign in", content);
    }
    const { organisations } = await listOrganisations(db, viewer.userId);
    return answerAccountPage(
      c,
      site,
      viewer.name,
      <AccountContent
        viewer={viewer}
        tokens={await listTokens(db, viewer.userId)}
        scopes={[...(await rolesOf(db, viewer.userId))].sort(([a], [b]) => (a < b ? -1 : 1))}
        organisations={organisations}
        now={new Date()}
      />,
    );
  };
}
