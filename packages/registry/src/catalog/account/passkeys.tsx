// SPDX-License-Identifier: Apache-2.0
import { type Passkey, removePasskey } from "../../accounts/index.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { formatDay } from "../format.ts";
import { readOwnForm } from "./own-form.ts";

/** `POST /account/passkeys/remove` */
export function endPasskey(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const own = await readOwnForm(deps, c);
    if (own !== undefined) await removePasskey(deps.db, own.viewer.userId, own.form.get("id") ?? "");
    return c.redirect("/account", 303);
  };
}

/** The form waits for its island (islands/passkey.ts): a passkey is made by the browser. */
export function Passkeys({ passkeys }: { passkeys: readonly Passkey[] }) {
  return (
    <section aria-labelledby="passkeys">
      <h2 id="passkeys" class="section-label">
        Passkeys
      </h2>
      {passkeys.length === 0 ? (
        <p class="muted">There is none. A passkey signs in to these pages in place of the password.</p>
      ) : (
        <ul class="row-list">
          {passkeys.map(({ id, name, createdAt }) => (
            <li>
              <span class="wrap">{name}</span>
              {createdAt !== null && <span class="faint nowrap">since {formatDay(createdAt)}</span>}
              <form method="post" action="/account/passkeys/remove">
                <input type="hidden" name="id" value={id} />
                <button class="button button-quiet" type="submit" aria-label={`Remove the passkey ${name}`}>
                  Remove
                </button>
              </form>
            </li>
          ))}
        </ul>
      )}
      <form class="row-form" data-passkey-register hidden>
        <label>
          Name of the new passkey
          <input name="name" value="this device" maxlength={60} required />
        </label>
        <button class="button" type="submit">
          Add a passkey
        </button>
        <p class="notice notice-bad" role="alert" data-problem hidden />
      </form>
      <p class="faint" data-no-passkeys>
        Adding one takes scripts, and a browser that has passkeys for this registry's address.
      </p>
    </section>
  );
}

/** Out of sight until its island says that the browser can. */
export function PasskeySignIn() {
  return (
    <form class="form passkey-sign-in" data-passkey-sign-in hidden>
      <p class="or">or</p>
      <button class="button button-wide" type="submit">
        Sign in with a passkey
      </button>
      <p class="notice notice-bad" role="alert" data-problem hidden />
    </form>
  );
}
