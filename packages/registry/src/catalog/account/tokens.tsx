// SPDX-License-Identifier: Apache-2.0
import { createTokenRequestSchema, type NewToken } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { parseWith } from "@lora/client/json";
import { callerOf, type Viewer } from "../../accounts/index.ts";
import { assertMayIssue, issueToken, revokeToken } from "../../auth/issue-token.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { Command } from "../parts/index.ts";
import { answerAccountPage } from "./frame.tsx";
import { answerAccount } from "./get.tsx";
import { readOwnForm } from "./own-form.ts";
import { problemOf } from "./problem-of.ts";

const DAY_MS = 86_400_000;

/** `POST /account/tokens`: a token, shown this once. */
export function makeToken(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const own = await readOwnForm(deps, c);
    if (own === undefined) return c.redirect("/account", 303);
    let made: NewToken;
    try {
      made = await issueAsked(deps, own.form, own.viewer);
    } catch (error) {
      return answerAccount(deps, c, own.viewer, problemOf(error));
    }
    const { token, name } = made;
    return answerAccountPage(
      c,
      deps.site,
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

/** @throws LoraError USAGE, FORBIDDEN */
async function issueAsked({ db }: CatalogDeps, form: URLSearchParams, viewer: Viewer): Promise<NewToken> {
  const actions = form.getAll("action");
  if (actions.length === 0)
    throw new LoraError("USAGE", "a token has to be for something: choose what it may");
  const packages = (form.get("packages") ?? "").split(/[\s,]+/).filter((pattern) => pattern !== "");
  const request = parseWith(
    createTokenRequestSchema,
    {
      name: (form.get("name") ?? "").trim(),
      actions,
      expiresInDays: Number(form.get("days") ?? 30),
      ...(packages.length === 0 ? {} : { packages }),
    },
    { code: "USAGE", source: "the form" },
  );
  const caller = callerOf(viewer);
  assertMayIssue(caller, request.actions);
  const { expiresInDays, ...rest } = request;
  const expiresAt = new Date(Date.now() + expiresInDays * DAY_MS);
  return issueToken(db, caller.holder, { ...rest, expiresAt });
}

/** `POST /account/tokens/revoke` */
export function endToken(deps: CatalogDeps): PageRoute {
  return async (c) => {
    const own = await readOwnForm(deps, c);
    if (own === undefined) return c.redirect("/account", 303);
    const id = Number(own.form.get("id"));
    if (!Number.isSafeInteger(id)) throw new LoraError("USAGE", "there is no such token");
    await revokeToken(deps.db, own.viewer.userId, id);
    return c.redirect("/account", 303);
  };
}
