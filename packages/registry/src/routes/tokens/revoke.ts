// SPDX-License-Identifier: Apache-2.0
import { createRoute, z } from "@hono/zod-openapi";
import { authenticate } from "../../auth/index.ts";
import { revokeToken } from "../../auth/issue-token.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { bearer, failure, jsonAnswer, tokenIdParam } from "../../http/openapi.ts";
import { accountOfCaller } from "./account-of-caller.ts";

const answerSchema = z.object({ id: z.int() });

export const revokeTokenRoute = createRoute({
  method: "delete",
  path: "/api/v1/tokens/{id}",
  summary: "Revoke a token of the account, at once",
  description:
    "`current` is the token of this request, which needs no action. Any other needs one with `tokens`.",
  security: bearer,
  request: { params: z.object({ id: tokenIdParam }) },
  responses: { 200: jsonAnswer("It counts for nothing from now on", answerSchema), default: failure },
});

export function revokeOwnToken({ db }: Deps) {
  return async (c: RequestContext) => {
    const caller = await authenticate(db, c);
    const wanted = c.req.param("id") ?? "";
    const isOwn = wanted === "current" || wanted === String(caller.tokenId);
    const { holder } = caller;
    const account = isOwn
      ? holder.kind === "publisher"
        ? null
        : (holder.userId ?? null)
      : accountOfCaller(caller);
    const id = isOwn ? (caller.tokenId ?? -1) : Number(wanted);
    const revoked = Number.isSafeInteger(id) && (await revokeToken(db, account, id));
    if (!revoked) throw notFound("the account has no such token");
    c.get("log").info({ id, by: caller.name }, "token revoked");
    return c.json({ id }, 200);
  };
}
