// SPDX-License-Identifier: Apache-2.0
import type { Organisations, TokenInfo } from "@lora/client/documents";
import type { Passkey, Viewer } from "../../accounts/index.ts";
import { ACTIONS } from "../../auth/index.ts";
import { formatDay } from "../format.ts";
import { Age, Command, TableScroll } from "../parts/index.ts";
import { FormProblem } from "./frame.tsx";
import { Passkeys } from "./passkeys.tsx";
import { organisationPath, ownScopePath } from "./paths.ts";

export interface AccountContentProps {
  viewer: Viewer;
  tokens: readonly TokenInfo[];
  passkeys: readonly Passkey[];
  scopes: readonly (readonly [scope: string, role: string])[];
  organisations: Organisations["organisations"];
  /** With a form that was sent. */
  problem: string | undefined;
  now: Date;
}

export function AccountContent(props: AccountContentProps) {
  const { viewer, tokens, passkeys, scopes, organisations, problem, now } = props;
  return (
    <div class="package-columns">
      <div class="package-main">
        <FormProblem text={problem} />
        <section aria-labelledby="tokens">
          <h2 id="tokens" class="section-label">
            Tokens
          </h2>
          {tokens.length === 0 ? (
            <p class="empty">
              There is none. <code>lora login</code> makes one for your machine.
            </p>
          ) : (
            <TokenTable tokens={tokens} now={now} />
          )}
          <NewTokenForm />
        </section>
        <Passkeys passkeys={passkeys} />
      </div>
      <aside class="package-aside" aria-label="Scopes and organisations">
        <section>
          <h2>Scopes</h2>
          {scopes.length === 0 ? (
            <>
              <p class="faint">
                None yet. A scope comes with its first signing key, whose private half stays on your machine,
                so the command line there makes it:
              </p>
              <Command text={`lora scope create @${viewer.name}`} />
            </>
          ) : (
            <ul class="plain-list">
              {scopes.map(([scope, role]) => (
                <li>
                  <a href={ownScopePath(scope)}>{scope}</a> <span class="faint">{role}</span>
                </li>
              ))}
            </ul>
          )}
        </section>
        <section>
          <h2>Organisations</h2>
          {organisations.length === 0 ? (
            <p class="faint">None.</p>
          ) : (
            <ul class="plain-list">
              {organisations.map(({ name, role }) => (
                <li>
                  <a href={organisationPath(name)}>{name}</a> <span class="faint">{role}</span>
                </li>
              ))}
            </ul>
          )}
          <details class="files">
            <summary>Make an organisation</summary>
            <form class="form" method="post" action="/account/organisations">
              <label>
                Its name
                <input name="name" maxlength={39} autocomplete="off" spellcheck={false} required />
              </label>
              <button class="button" type="submit">
                Make the organisation
              </button>
            </form>
          </details>
        </section>
        <section>
          <h2>Signed in</h2>
          <p class="muted wrap">{viewer.email}</p>
          <p>
            <a href="/device">Approve a login of the command line</a>
          </p>
          <form method="post" action="/account/sign-out">
            <button class="button button-quiet" type="submit">
              Sign out
            </button>
          </form>
        </section>
      </aside>
    </div>
  );
}

function TokenTable({ tokens, now }: { tokens: readonly TokenInfo[]; now: Date }) {
  return (
    <TableScroll label="Tokens">
      <table class="data-table stacked">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span class="visually-hidden">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map(({ id, name, actions, createdAt, expiresAt }) => (
            <tr>
              <th scope="row" class="wrap">
                {name}
              </th>
              <td class="targets" data-label="May">
                {actions.join(", ")}
              </td>
              <td class="nowrap" data-label="Made">
                <Age of={createdAt} now={now} />
              </td>
              <td class="nowrap" data-label="Expires">
                {expiresAt == null ? "never" : formatDay(new Date(expiresAt))}
              </td>
              <td>
                <form method="post" action="/account/tokens/revoke">
                  <input type="hidden" name="id" value={String(id)} />
                  <button class="button button-quiet" type="submit" aria-label={`Revoke ${name}`}>
                    Revoke
                  </button>
                </form>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function NewTokenForm() {
  return (
    <details class="files">
      <summary>Make a token</summary>
      <form class="form" method="post" action="/account/tokens">
        <label>
          Name
          <input name="name" maxlength={100} required />
        </label>
        <fieldset class="choices">
          <legend>It may</legend>
          {ACTIONS.map((action) => (
            <label>
              <input type="checkbox" name="action" value={action} checked={action.startsWith("publish")} />
              {action}
            </label>
          ))}
        </fieldset>
        <label>
          <span>
            Only for packages such as <code>@you/*</code> (empty: all of yours)
          </span>
          <input name="packages" maxlength={110} />
        </label>
        <label>
          Days
          <input name="days" type="number" min="1" max="365" value="30" required />
        </label>
        <button class="button" type="submit">
          Make the token
        </button>
      </form>
    </details>
  );
}
