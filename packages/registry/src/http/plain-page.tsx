// SPDX-License-Identifier: Apache-2.0
/** A page of the registry's own that is no part of the catalog, in the catalog's clothes: forms, and the API. */
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { answerPage as answerInLayout } from "../catalog/answer.tsx";
import { type Assets, openAssets } from "../catalog/assets/index.ts";
import { Layout } from "../catalog/layout/index.ts";
import type { RequestContext } from "./context.ts";

let assets: Assets | undefined;

/** @param origin what the registry calls itself: the Host header is the client's to choose */
export function answerPage(
  c: RequestContext,
  origin: string,
  title: string,
  content: Child,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  assets ??= openAssets();
  const site = { origin, assets };
  const page = (
    <Layout site={site} title={title} isUnlisted>
      <div class="plain">
        <h1>{title}</h1>
        {content}
      </div>
    </Layout>
  );
  return answerInLayout(c, page, { status, cacheControl: "no-store" });
}
