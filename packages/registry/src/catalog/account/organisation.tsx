// SPDX-License-Identifier: Apache-2.0
/** `/account/organisations/acme`: an organisation and its members. */
import type { Members as MemberList, ScopeRole } from "@lora/client/documents";
import type { LoraError } from "@lora/client/errors";
import { callerOf, parseAccountName, type Viewer } from "../../accounts/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { assertMember, createOrganisation, listMembers, setMember } from "../../organisations/index.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { Command } from "../parts/index.ts";
import { answerAccountPage, FormProblem } from "./frame.tsx";
import { answerAccount } from "./get.tsx";
import { Members, RoleNotes } from "./members.tsx";
import { readOwnForm } from "./own-form.ts";
import { parseRole } from "./parse-role.ts";
import { organisationPath } from "./paths.ts";
import { problemOf } from "./problem-of.ts";

export function getOrganisation(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const viewer = await deps.accounts.viewer(c.req.raw.headers);
    return viewer === undefined ? c.redirect("/account", 303) : answerOrganisation(deps, c, viewer);
  };
}

/** `POST /account/organisations`: makes one, whose owner the account is. */
export function makeOrganisation(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const own = await readOwnForm(deps, c);
    if (own === undefined) return c.redirect("/account", 303);
    try {
      const name = parseAccountName((own.form.get("name") ?? "").trim());
      await createOrganisation(deps.db, name, own.viewer.userId);
      c.get("log").info({ organisation: name, by: own.viewer.name }, "organisation made");
      return c.redirect(organisationPath(name), 303);
    } catch (error) {
      return answerAccount(deps, c, own.viewer, problemOf(error));
    }
  };
}

/** `POST /account/organisations/acme/members` */
export function giveMembership(deps: CatalogDeps): PageRoute {
  return (c) => changeMember(deps, c, (form) => parseRole(form.get("role")));
}

/** `POST /account/organisations/acme/members/remove` */
export function takeMembership(deps: CatalogDeps): PageRoute {
  return (c) => changeMember(deps, c, () => null);
}

async function changeMember(
  deps: CatalogDeps,
  c: RequestContext,
  roleOf: (form: URLSearchParams) => ScopeRole | null,
): Promise<Response> {
  const own = await readOwnForm(deps, c);
  if (own === undefined) return c.redirect("/account", 303);
  const { form, viewer } = own;
  const organisation = organisationOf(c);
  const id = await assertMember(deps.db, callerOf(viewer), organisation, "owner");
  try {
    const member = parseAccountName((form.get("member") ?? "").trim());
    const role = roleOf(form);
    const { members } = await setMember(deps.db, id, organisation, member, role);
    c.get("log").info(
      { organisation, member, role, by: viewer.name },
      role === null ? "role taken away" : "role given",
    );
    const isStillIn = viewer.isOperator || members.some(({ name }) => name === viewer.name);
    return c.redirect(isStillIn ? organisationPath(organisation) : "/account", 303);
  } catch (error) {
    return answerOrganisation(deps, c, viewer, problemOf(error));
  }
}

function organisationOf(c: RequestContext): string {
  return parseAccountName(c.req.param("organisation") ?? "");
}

async function answerOrganisation(
  { db, site }: CatalogDeps,
  c: RequestContext,
  viewer: Viewer,
  problem?: LoraError,
): Promise<Response> {
  const organisation = organisationOf(c);
  const id = await assertMember(db, callerOf(viewer), organisation);
  const { members } = await listMembers(db, id, organisation);
  const isOwner =
    viewer.isOperator || members.some(({ name, role }) => name === viewer.name && role === "owner");
  return answerAccountPage(
    c,
    site,
    organisation,
    <OrganisationContent
      organisation={organisation}
      members={members}
      isOwner={isOwner}
      problem={problem?.message}
    />,
    problem?.kind.httpStatus,
  );
}

interface OrganisationContentProps {
  organisation: string;
  members: MemberList["members"];
  isOwner: boolean;
  problem: string | undefined;
}

function OrganisationContent({ organisation, members, isOwner, problem }: OrganisationContentProps) {
  return (
    <div class="package-columns">
      <div class="package-main">
        <FormProblem text={problem} />
        <Members
          members={members}
          action={`${organisationPath(organisation)}/members`}
          isOwner={isOwner}
          label="Account"
        />
        {isOwner && (
          <section aria-labelledby="scopes">
            <h2 id="scopes" class="section-label">
              Scopes
            </h2>
            <p class="muted">
              A scope comes with its first signing key, whose private half stays on a machine of yours, so the
              command line makes it:
            </p>
            <Command
              text={`lora scope create @${organisation} --org ${organisation}`}
              label="Copy the command"
            />
            <p class="muted">
              In a scope that there is already, its owners give a role to <code>org:{organisation}</code>.
            </p>
          </section>
        )}
      </div>
      <aside class="package-aside" aria-label="About roles">
        <RoleNotes />
      </aside>
    </div>
  );
}
