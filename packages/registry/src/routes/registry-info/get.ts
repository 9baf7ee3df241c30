// SPDX-License-Identifier: Apache-2.0
import type { RegistryInfo } from "@lora/client/documents";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf, SHORT_LIVED } from "../../http/document.ts";

export function getRegistryInfo({ origin, logKey, clockKey }: Deps) {
  const body = JSON.stringify({ v: 1, origin, logKey, clockKey } satisfies RegistryInfo);
  const document = { body, etag: etagOf(body), cacheControl: SHORT_LIVED };
  return (c: RequestContext) => answerDocument(c, document);
}
