// SPDX-License-Identifier: Apache-2.0
import { isSha256, type Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import type { RequestContext } from "../../http/context.ts";

/** `/…/:keyId/…` @throws LoraError KEY_UNKNOWN */
export function keyIdOfPath(c: RequestContext): Sha256 {
  const keyId = c.req.param("keyId") ?? "";
  if (isSha256(keyId)) return keyId;
  throw new LoraError("KEY_UNKNOWN", "a key is named by the 64 lower-case hex digits of its id");
}
