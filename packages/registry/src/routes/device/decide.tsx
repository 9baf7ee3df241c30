// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { readForm } from "../../http/form-body.ts";
import { answerPage } from "../../http/plain-page.tsx";
import { assertSameOrigin } from "../../http/same-origin.ts";
import { CodeForm, Decided, SignInForm, TITLE } from "./page.tsx";

/** The forms of `/device`: sign in, approve, deny. */
export function decideDevice({ accounts, origin, limits }: Deps) {
  return async (c: RequestContext) => {
    assertSameOrigin(c, origin);
    const form = await readForm(c, limits);
    const { headers } = c.req.raw;
    const userCode = (form.get("user_code") ?? "").slice(0, 40);
    const action = form.get("action");

    if (action === "sign-in") {
      const [email, password] = [form.get("email") ?? "", form.get("password") ?? ""];
      const cookies = await orRefused(accounts.signIn(email, password, headers));
      if (cookies === undefined) {
        return answerPage(c, origin, TITLE, <SignInForm userCode={userCode} failed />, 401);
      }
      for (const cookie of cookies) c.header("set-cookie", cookie, { append: true });
      c.header("cache-control", "no-store");
      return c.redirect(`/device?user_code=${encodeURIComponent(userCode)}`, 303);
    }

    if (action !== "approve" && action !== "deny") {
      throw new LoraError("USAGE", "the form asks for nothing that there is");
    }
    if ((await accounts.viewer(headers)) === undefined) {
      return answerPage(c, origin, TITLE, <SignInForm userCode={userCode} />, 401);
    }
    const decided = await orRefused(
      accounts.decideDeviceLogin(userCode, action === "approve", headers).then(() => true),
    );
    if (decided === undefined) return answerPage(c, origin, TITLE, <CodeForm unknown />, 404);
    return answerPage(c, origin, TITLE, <Decided approved={action === "approve"} />);
  };
}

/** Undefined where the answer is no: the page says so in its own words. */
async function orRefused<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof LoraError && error.kind.httpStatus < 500) return undefined;
    throw error;
  });
}
