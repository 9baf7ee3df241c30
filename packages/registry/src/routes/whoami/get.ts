// SPDX-License-Identifier: Apache-2.0
import { createRoute } from "@hono/zod-openapi";
import { whoamiResponseSchema } from "@lora/client/documents";
import { eq } from "drizzle-orm";
import { authenticate } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { bearer, failure, jsonAnswer } from "../../http/openapi.ts";

export const whoamiRoute = createRoute({
  method: "get",
  path: "/api/v1/whoami",
  summary: "Whose token this is, and what it allows",
  security: bearer,
  responses: { 200: jsonAnswer("The token is good", whoamiResponseSchema), default: failure },
});

export function whoami({ db }: Deps) {
  const { users } = tables;
  return async (c: RequestContext) => {
    const { name, actions, packages, holder } = await authenticate(db, c);
    const userId = holder.kind === "publisher" ? undefined : holder.userId;
    const [user] =
      userId === undefined
        ? []
        : await db.select({ name: users.name }).from(users).where(eq(users.id, userId));
    return c.json(
      {
        token: { name, actions: [...actions], ...(packages === null ? {} : { packages: [...packages] }) },
        ...(user === undefined ? {} : { account: user }),
      },
      200,
    );
  };
}
