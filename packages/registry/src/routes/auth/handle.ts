// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { AUTH_PATH } from "../../accounts/better-auth.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { readJsonText } from "../../http/request-body.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** What pages need of better-auth's endpoints. The rest is not served: less to know, less to attack. */
const SERVED = new Set([
  "POST /sign-up/email",
  "POST /sign-in/email",
  "POST /sign-out",
  "GET /get-session",
  "POST /change-password",
  "GET /passkey/generate-register-options",
  "POST /passkey/verify-registration",
  "GET /passkey/generate-authenticate-options",
  "POST /passkey/verify-authentication",
  "GET /passkey/list-user-passkeys",
  "POST /passkey/delete-passkey",
  "POST /passkey/update-passkey",
]);

/** `/api/auth/…`: sessions of browsers. Failures have the form and the codes that all the registry's have. */
export function handleAuth({ accounts, origin, limits }: Deps) {
  return async (c: RequestContext) => {
    const { method, path } = c.req;
    if (!SERVED.has(`${method} ${path.slice(AUTH_PATH.length)}`))
      throw notFound(`there is nothing at ${path}`);
    const url = new URL(path + new URL(c.req.url).search, origin);
    const { headers } = c.req.raw;
    if (method === "GET") return accounts.handle(new Request(url, { headers }));
    // Which also keeps forms of strangers' pages out: they cannot send JSON.
    const body = await readJsonText(c, MAX_BODY_BYTES, limits);
    const answer = await accounts.handle(
      new Request(url, { method, headers, body: new Uint8Array(body).buffer }),
    );
    if (answer.status >= 400) throw new LoraError("USAGE", "the request was refused");
    return answer;
  };
}
