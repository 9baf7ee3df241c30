// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerPage } from "../../http/plain-page.tsx";
import { CodeForm, Decided, DecisionForm, SignInForm, TITLE } from "./page.tsx";

/** `/device?user_code=ABCD-EFGH`: where a person approves a login of the command line. */
export function showDevice({ accounts, origin }: Deps) {
  return async (c: RequestContext) => {
    const userCode = (c.req.query("user_code") ?? "").slice(0, 40);
    if (userCode === "") return answerPage(c, origin, TITLE, <CodeForm />);
    const { headers } = c.req.raw;
    const viewer = await accounts.viewer(headers);
    if (viewer === undefined) return answerPage(c, origin, TITLE, <SignInForm userCode={userCode} />);
    const login = await accounts.findDeviceLogin(userCode, headers);
    if (login === undefined) return answerPage(c, origin, TITLE, <CodeForm unknown />, 404);
    if (login.status !== "pending") {
      return answerPage(c, origin, TITLE, <Decided approved={login.status === "approved"} />);
    }
    return answerPage(c, origin, TITLE, <DecisionForm viewer={viewer} userCode={userCode} login={login} />);
  };
}
