// SPDX-License-Identifier: Apache-2.0
import type { Viewer } from "../../accounts/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { readForm } from "../../http/form-body.ts";
import { assertSameOrigin } from "../../http/same-origin.ts";
import type { CatalogDeps } from "../context.ts";

/**
 * What a form of the account's pages sent, and whose session it came with; undefined where nobody is signed in (any more).
 * @throws LoraError FORBIDDEN for a form of another site
 */
export async function readOwnForm(
  { accounts, origin, limits }: CatalogDeps,
  c: RequestContext,
): Promise<{ form: URLSearchParams; viewer: Viewer } | undefined> {
  assertSameOrigin(c, origin);
  const form = await readForm(c, limits);
  const viewer = await accounts.viewer(c.req.raw.headers);
  return viewer === undefined ? undefined : { form, viewer };
}
