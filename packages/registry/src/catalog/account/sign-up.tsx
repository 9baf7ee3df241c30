// SPDX-License-Identifier: Apache-2.0
import { notFound } from "../../http/errors.ts";
import { readForm } from "../../http/form-body.ts";
import { assertSameOrigin } from "../../http/same-origin.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { answerAccountPage, FormProblem } from "./frame.tsx";
import { problemOf } from "./problem-of.ts";

const TITLE = "Make an account";

/** `/account/sign-up` */
export function showSignUp({ accounts, site }: CatalogDeps): PageRoute {
  return async (c) => {
    if (!accounts.isSignUpOpen) throw notFound("accounts are made by this registry's operator");
    return answerAccountPage(c, site, TITLE, <SignUpForm />);
  };
}

/** `POST /account/sign-up`: makes the account and signs in. An address that is known fails at the second, as a wrong password does. */
export function signUp({ accounts, site, origin, limits }: CatalogDeps): PageRoute {
  return async (c) => {
    assertSameOrigin(c, origin);
    const form = await readForm(c, limits);
    const [name, email, password] = ["name", "email", "password"].map((key) => form.get(key) ?? "") as [
      string,
      string,
      string,
    ];
    try {
      const { headers } = c.req.raw;
      await accounts.signUp({ name, email, password }, headers);
      for (const cookie of await accounts.signIn(email, password, headers)) {
        c.header("set-cookie", cookie, { append: true });
      }
      return c.redirect("/account", 303);
    } catch (error) {
      const { message, kind } = problemOf(error);
      const content = <SignUpForm name={name} email={email} problem={message} />;
      return answerAccountPage(c, site, TITLE, content, kind.httpStatus);
    }
  };
}

function SignUpForm({ name = "", email = "", problem }: { name?: string; email?: string; problem?: string }) {
  return (
    <form class="form" method="post" action="/account/sign-up">
      <FormProblem text={problem} />
      <label>
        Name, as others see it
        <input name="name" value={name} autocomplete="username" maxlength={39} required />
      </label>
      <label>
        E-mail address
        <input name="email" type="email" value={email} autocomplete="email" required />
      </label>
      <label>
        Password, of 10 characters or more
        <input name="password" type="password" autocomplete="new-password" minlength={10} required />
      </label>
      <button class="button" type="submit">
        Make the account
      </button>
      <p class="muted">
        Have one? <a href="/account">Sign in</a>
      </p>
    </form>
  );
}
