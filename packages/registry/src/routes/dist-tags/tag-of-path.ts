// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { isDistTag } from "@lora/client/manifest";
import { quote } from "@lora/client/names";
import type { RequestContext } from "../../http/context.ts";

/** @throws LoraError USAGE */
export function tagOfPath(c: RequestContext): string {
  const tag = c.req.param("tag") ?? "";
  if (isDistTag(tag)) return tag;
  throw new LoraError("USAGE", `${quote(tag)} is not a dist-tag`, {
    hint: "use at most 40 letters a-z, digits and hyphens, beginning with a letter, that are no version range",
  });
}
