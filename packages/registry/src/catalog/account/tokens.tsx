// SPDX-License-Identifier: Apache-2.0
import { createTokenRequestSchema } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseWith } from "@lora/client/json";
import { callerOf } from "../../accounts/index.ts";
import { assertMayIssue, issueToken, revokeToken } from "../../auth/issue-token.ts";
import { readForm } from "../../http/form-body.ts";
import { assertSameOrigin } from "../../http/same-origin.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { Command } from "../parts/index.ts";
import { answerAccountPage } from "./frame.tsx";

const DAY_MS = 86_400_000;

/** `POST /account/tokens`: a token, shown this once. */
export function makeToken({ db, accounts, site, origin, limits }: CatalogDeps): PageRoute {
  return async (c) => {
    assertSameOrigin(c, origin);
    const form = await readForm(c, limits);
    const viewer = await accounts.viewer(c.req.raw.headers);
    if (viewer === undefined) return c.redirect("/account", 303);
    const packages = (form.get("packages") ?? "").split(/[\s,]+/).filter((pattern) => pattern !== "");
    const request = parseWith(
      createTokenRequestSchema,
      {
        name: form.get("name") ?? "",
        actions: form.getAll("action"),
        expiresInDays: Number(form.get("days") ?? 30),
        ...(packages.length === 0 ? {} : { packages }),
      },
      { code: "USAGE", source: "the form" },
    );
    const caller = callerOf(viewer);
    assertMayIssue(caller, request.actions);
    const { expiresInDays, ...rest } = request;
    const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS);
    const { token, name } = await issueToken(db, caller.holder, { ...rest, expiresAt });
    return answerAccountPage(
      c,
      site,
      "Your new token",
      <div class="form">
        <p class="notice notice-good">
          {name} was made. It is shown this once: the registry keeps only its hash.
        </p>
        <Command text={`lora login --token ${token}`} label="Copy the command" />
        <p>
          <a href="/account">Back to the account</a>
        </p>
      </div>,
      201,
    );
  };
}

/** `POST /account/tokens/revoke` */
export function endToken({ db, accounts, origin, limits }: CatalogDeps): PageRoute {
  return async (c) => {
    assertSameOrigin(c, origin);
    const form = await readForm(c, limits);
    const viewer = await accounts.viewer(c.req.raw.headers);
    if (viewer === undefined) return c.redirect("/account", 303);
    const id = Number(form.get("id"));
    if (!Number.isSafeInteger(id)) throw new LoraError("USAGE", "there is no such token");
    await revokeToken(db, viewer.userId, id);
    return c.redirect("/account", 303);
  };
}
