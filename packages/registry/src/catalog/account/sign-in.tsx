// SPDX-License-Identifier: Apache-2.0
import type { LoraError } from "@lora/client/errors";
import type { RequestContext } from "../../http/context.ts";
import { readForm } from "../../http/form-body.ts";
import { assertSameOrigin } from "../../http/same-origin.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { answerAccountPage, FormProblem } from "./frame.tsx";
import { PasskeySignIn } from "./passkeys.tsx";
import { problemOf } from "./problem-of.ts";

/** `POST /account/sign-in`: an address and a password for a session. */
export function signIn(deps: CatalogDeps): PageRoute {
  const { accounts, origin, limits } = deps;
  return async (c) => {
    assertSameOrigin(c, origin);
    const form = await readForm(c, limits);
    try {
      const [email, password] = [form.get("email") ?? "", form.get("password") ?? ""];
      const cookies = await accounts.signIn(email, password, c.req.raw.headers);
      for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
      return c.redirect("/account", 303);
    } catch (error) {
      return answerSignIn(deps, c, problemOf(error));
    }
  };
}

/** `POST /account/sign-out` */
export function signOut({ accounts, origin }: CatalogDeps): PageRoute {
  return async (c) => {
    assertSameOrigin(c, origin);
    for (const cookie of await accounts.signOut(c.req.raw.headers)) {
      c.header("set-cookie", cookie, { append: true });
    }
    return c.redirect("/", 303);
  };
}

/** @param problem with what was sent before */
export function answerSignIn(
  { accounts, site }: CatalogDeps,
  c: RequestContext,
  problem?: LoraError,
): Promise<Response> {
  return answerAccountPage(
    c,
    site,
    "Sign in",
    <>
      <SignInForm isSignUpOpen={accounts.isSignUpOpen} problem={problem?.message} />
      <PasskeySignIn />
    </>,
    problem?.kind.httpStatus,
    ["passkey"],
  );
}

function SignInForm({ isSignUpOpen, problem }: { isSignUpOpen: boolean; problem: string | undefined }) {
  return (
    <form class="form" method="post" action="/account/sign-in">
      <FormProblem text={problem} />
      <label>
        E-mail address
        <input name="email" type="email" autocomplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button class="button" type="submit">
        Sign in
      </button>
      <p class="muted">
        {isSignUpOpen ? (
          <>
            New here? <a href="/account/sign-up">Make an account</a>
          </>
        ) : (
          "Accounts are made by this registry's operator."
        )}
      </p>
    </form>
  );
}
