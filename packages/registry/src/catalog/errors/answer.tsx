// SPDX-License-Identifier: Apache-2.0
/** A failure as a page, for people; everywhere but in the catalog it stays JSON. */
import { LoraError } from "@lora/client/errors";
import { isDatabaseUnavailable } from "../../database/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerPage } from "../answer.tsx";
import type { Site } from "../layout/index.ts";
import { ErrorPage } from "./page.tsx";

export async function answerErrorPage(error: Error, c: RequestContext, site: Site): Promise<Response> {
  const isAway = isDatabaseUnavailable(error);
  const status = error instanceof LoraError ? statusOf(error) : isAway ? 503 : 500;
  if (status >= 500) c.get("log").error({ err: error }, "a page failed");
  if (status === 503) c.header("retry-after", "2");
  const { title, text } = describe(error, status);
  return answerPage(
    c,
    <ErrorPage site={site} status={status} title={title} text={text} asked={wordsOf(c.req.path)} />,
    { status, cacheControl: "no-store" },
  );
}

/** At an address of a name that nothing can have, there is nothing. */
function statusOf({ code, kind }: LoraError): number {
  return code === "NAME_INVALID" ? 404 : kind.httpStatus;
}

function describe(error: Error, status: number): { title: string; text: string } {
  if (status === 404) {
    const text = error instanceof LoraError ? error.message : "there is nothing here";
    return { title: "Not found", text: sentence(text) };
  }
  // The text of anything else may hold what nobody should see.
  if (error instanceof LoraError && status < 500)
    return { title: "That cannot be", text: sentence(error.message) };
  if (status === 503) {
    return {
      title: "Back in a moment",
      text: "The registry cannot reach its database. Try again in a few seconds.",
    };
  }
  return { title: "Something broke", text: "That is a fault of the registry, and it has been written down." };
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;
}

/** What somebody who came to a wrong address may have looked for. */
function wordsOf(path: string): string {
  return path
    .replace(/[^A-Za-z0-9]+/g, " ")
    .trim()
    .slice(0, 80);
}
