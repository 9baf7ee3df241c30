// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../deps.ts";
import type { App } from "../http/context.ts";
import { handleAuth } from "./auth/handle.ts";
import { decideDevice } from "./device/decide.tsx";
import { showDevice } from "./device/show.tsx";
import { finishLogin, finishLoginRoute } from "./login/finish.ts";
import { startLogin, startLoginRoute } from "./login/start.ts";
import { exchangeCiToken, exchangeIdTokenRoute } from "./oidc/exchange.ts";
import { createOrganisationRoute, createOwnOrganisation } from "./organisations/create.ts";
import { listOrganisationsRoute, listOwnOrganisations } from "./organisations/list.ts";
import { listMembersRoute, listOrganisationMembers } from "./organisations/list-members.ts";
import { removeMemberRoute, removeOrganisationMember } from "./organisations/remove-member.ts";
import { setMemberRoute, setOrganisationMember } from "./organisations/set-member.ts";
import { listOwnersRoute, listScopeOwners } from "./owners/list.ts";
import { removeOwnerRoute, removeScopeOwner } from "./owners/remove.ts";
import { setOwnerRoute, setScopeOwner } from "./owners/set.ts";
import { addPackagePublisher, addPublisherRoute } from "./publishers/add.ts";
import { listPackagePublishers, listPublishersRoute } from "./publishers/list.ts";
import { removePackagePublisher, removePublisherRoute } from "./publishers/remove.ts";
import { createToken, createTokenRoute } from "./tokens/create.ts";
import { listOwnTokens, listTokensRoute } from "./tokens/list.ts";
import { revokeOwnToken, revokeTokenRoute } from "./tokens/revoke.ts";
import { setPackageVisibilityRoute, setVisibilityOfPackage } from "./visibility/set-package.ts";
import { setScopeVisibilityRoute, setVisibilityOfScope } from "./visibility/set-scope.ts";
import { whoami, whoamiRoute } from "./whoami/get.ts";

/** Who may act: logins, tokens, owners, organisations, publishers, visibility. */
export function addAccountRoutes(app: App, deps: Deps): void {
  app.openapi(startLoginRoute, startLogin(deps));
  app.openapi(finishLoginRoute, finishLogin(deps));
  app.openapi(whoamiRoute, whoami(deps));
  app.openapi(listTokensRoute, listOwnTokens(deps));
  app.openapi(createTokenRoute, createToken(deps));
  app.openapi(revokeTokenRoute, revokeOwnToken(deps));
  app.openapi(listOwnersRoute, listScopeOwners(deps));
  app.openapi(setOwnerRoute, setScopeOwner(deps));
  app.openapi(removeOwnerRoute, removeScopeOwner(deps));
  app.openapi(listOrganisationsRoute, listOwnOrganisations(deps));
  app.openapi(createOrganisationRoute, createOwnOrganisation(deps));
  app.openapi(listMembersRoute, listOrganisationMembers(deps));
  app.openapi(setMemberRoute, setOrganisationMember(deps));
  app.openapi(removeMemberRoute, removeOrganisationMember(deps));
  app.openapi(setScopeVisibilityRoute, setVisibilityOfScope(deps));
  app.openapi(setPackageVisibilityRoute, setVisibilityOfPackage(deps));
  app.openapi(listPublishersRoute, listPackagePublishers(deps));
  app.openapi(addPublisherRoute, addPackagePublisher(deps));
  app.openapi(removePublisherRoute, removePackagePublisher(deps));
  app.openapi(exchangeIdTokenRoute, exchangeCiToken(deps));
  app.on(["GET", "POST"], "/api/auth/*", handleAuth(deps));
  app.get("/device", showDevice(deps));
  app.post("/device", decideDevice(deps));
}
