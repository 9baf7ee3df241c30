// SPDX-License-Identifier: Apache-2.0
import type { Child } from "hono/jsx";
import type { RequestContext } from "../../http/context.ts";
import { answerPage } from "../answer.tsx";
import { Layout, type Site } from "../layout/index.ts";

/** A page that only one visitor may see: no cache keeps it. */
export function answerAccountPage(
  c: RequestContext,
  site: Site,
  title: string,
  content: Child,
  status = 200,
  scripts: readonly string[] = [],
): Promise<Response> {
  return answerPage(
    c,
    <Layout site={site} title={title} here="account" scripts={scripts} isUnlisted>
      <div class="page-head">
        <h1>{title}</h1>
      </div>
      {content}
    </Layout>,
    { status, cacheControl: "private, no-store" },
  );
}

/** What went wrong with a form, above it. */
export function FormProblem({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="notice notice-bad" role="alert">
      {text}
    </p>
  );
}
