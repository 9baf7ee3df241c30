// SPDX-License-Identifier: Apache-2.0

import { LoraError } from "@lora/client/errors";
import { parseStrictJson } from "@lora/client/json";
import { type AuthError, refusalOf } from "../../accounts/auth-errors.ts";
import { AUTH_PATH } from "../../accounts/better-auth.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { readJsonText } from "../../http/request-body.ts";

import { assertSameOrigin } from "../../http/same-origin.ts";

/** As JSON writes it: an escape that is not itself escaped. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;
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
    if (method === "GET") return refuse(await accounts.handle(new Request(url, { headers })));
    assertSameOrigin(c, origin);
    const text = await readJsonText(c, MAX_BODY_BYTES, limits);
    const body = JSON.stringify(parseStrictJson(text, "the request's body"));
    // PostgreSQL has no text with one.
    if (NUL.test(body)) throw new LoraError("USAGE", "the request's body has a NUL character in it");
    return refuse(await accounts.handle(new Request(url, { method, headers, body })));
  };
}

async function refuse(answer: Response): Promise<Response> {
  if (answer.status < 400) return answer;
  const body = (await answer.json().catch(() => ({}))) as AuthError["body"] & object;
  if (answer.status >= 500) throw new Error(`better-auth failed: ${body.code ?? answer.status}`);
  throw refusalOf({ statusCode: answer.status, body });
}
