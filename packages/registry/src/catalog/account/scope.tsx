// SPDX-License-Identifier: Apache-2.0
/** `/account/scopes/@acme`: who has which role in a scope, and its keys. */
import { holderSchema, type Owners, type ScopeRole } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { quote, type ScopeName } from "@lora/client/names";
import { callerOf, type Viewer } from "../../accounts/index.ts";
import { assertMay } from "../../auth/index.ts";
import { roleOn } from "../../auth/rights.ts";
import type { RequestContext } from "../../http/context.ts";
import { scopeOfPath } from "../../http/scope-path.ts";
import { listOwners, setOwner } from "../../scopes/owners.ts";
import { readScopeKeys, type ScopeKey } from "../../scopes/scope-keys.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { formatDay } from "../format.ts";
import { Command, TableScroll } from "../parts/index.ts";
import { scopePath } from "../paths.ts";
import { answerAccountPage, FormProblem } from "./frame.tsx";
import { Members, RoleNotes } from "./members.tsx";
import { readOwnForm } from "./own-form.ts";
import { parseRole } from "./parse-role.ts";
import { ownScopePath } from "./paths.ts";
import { problemOf } from "./problem-of.ts";

export function getOwnScope(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const viewer = await deps.accounts.viewer(c.req.raw.headers);
    return viewer === undefined ? c.redirect("/account", 303) : answerScope(deps, c, viewer);
  };
}

/** `POST /account/scopes/@acme/members`: gives a role, or another one. */
export function giveRole(deps: CatalogDeps): PageRoute {
  return (c) => changeRole(deps, c, (form) => parseRole(form.get("role")));
}

/** `POST /account/scopes/@acme/members/remove` */
export function takeRole(deps: CatalogDeps): PageRoute {
  return (c) => changeRole(deps, c, () => null);
}

async function changeRole(
  deps: CatalogDeps,
  c: RequestContext,
  roleOf: (form: URLSearchParams) => ScopeRole | null,
): Promise<Response> {
  const own = await readOwnForm(deps, c);
  if (own === undefined) return c.redirect("/account", 303);
  const { form, viewer } = own;
  const scope = scopeOfPath(c);
  await assertMay(deps.db, callerOf(viewer), scope, "owners");
  try {
    const holder = parseHolder(form.get("member"));
    const role = roleOf(form);
    await setOwner(deps.db, scope, holder, role);
    c.get("log").info(
      { scope, holder, role, by: viewer.name },
      role === null ? "role taken away" : "role given",
    );
  } catch (error) {
    return answerScope(deps, c, viewer, problemOf(error));
  }
  const isStillIn = viewer.isOperator || (await roleOn(deps.db, viewer.userId, scope)) !== undefined;
  return c.redirect(isStillIn ? ownScopePath(scope) : "/account", 303);
}

function parseHolder(text: string | null): string {
  const holder = holderSchema.safeParse((text ?? "").trim());
  if (holder.success) return holder.data;
  throw new LoraError(
    "NAME_INVALID",
    `${quote(text ?? "")} is neither an account, such as alice, nor an organisation, such as org:acme`,
  );
}

async function answerScope(
  { db, site }: CatalogDeps,
  c: RequestContext,
  viewer: Viewer,
  problem?: LoraError,
): Promise<Response> {
  const scope = scopeOfPath(c);
  await assertMay(db, callerOf(viewer), scope, "read", "owners");
  const isOwner = viewer.isOperator || (await roleOn(db, viewer.userId, scope)) === "owner";
  const [{ owners }, keys] = [await listOwners(db, scope), await readScopeKeys(db, scope)];
  return answerAccountPage(
    c,
    site,
    scope,
    <ScopeContent scope={scope} owners={owners} keys={keys} isOwner={isOwner} problem={problem?.message} />,
    problem?.kind.httpStatus,
  );
}

interface ScopeContentProps {
  scope: ScopeName;
  owners: Owners["owners"];
  keys: readonly ScopeKey[];
  isOwner: boolean;
  problem: string | undefined;
}

function ScopeContent({ scope, owners, keys, isOwner, problem }: ScopeContentProps) {
  return (
    <div class="package-columns">
      <div class="package-main">
        <FormProblem text={problem} />
        <Members
          members={owners}
          action={`${ownScopePath(scope)}/members`}
          isOwner={isOwner}
          label="Account, or org: and an organisation"
        />
        <section aria-labelledby="keys">
          <h2 id="keys" class="section-label">
            Signing keys
          </h2>
          <KeyTable keys={keys} />
          {isOwner && (
            <>
              <p class="muted">
                A private key never leaves its machine, so the command line there adds keys. It asks a key
                that the scope has to sign for the new one:
              </p>
              <Command text={`lora key add ${scope}`} label="Copy the command" />
            </>
          )}
        </section>
      </div>
      <aside class="package-aside" aria-label="About the scope">
        <section>
          <h2>Scope</h2>
          <p>
            <a href={scopePath(scope)}>The page that everybody sees</a>
          </p>
        </section>
        <RoleNotes />
      </aside>
    </div>
  );
}

function KeyTable({ keys }: { keys: readonly ScopeKey[] }) {
  return (
    <TableScroll label="Signing keys">
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Added</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {keys.map(({ keyId, addedAt, revokedAt }) => (
            <tr class={revokedAt === null ? "" : "is-yanked"}>
              <th scope="row">
                <code title={keyId}>{keyId.slice(0, 24)}…</code>
              </th>
              <td class="nowrap">{formatDay(addedAt)}</td>
              <td class="nowrap">
                {revokedAt === null ? (
                  "signs"
                ) : (
                  <span class="tag tag-bad">revoked {formatDay(revokedAt)}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
