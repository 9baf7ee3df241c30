// SPDX-License-Identifier: Apache-2.0

import type { Sha256 } from "@lora/client/digest";
import type { ScopeKeyDocument } from "@lora/client/documents";
import type { ScopeName } from "@lora/client/names";
import type { Queryable } from "../../database/index.ts";
import { describeScopeKeys, readScopeKeys } from "../../scopes/scope-keys.ts";

/** One key, which the scope has, as the scope's document has it. */
export async function describeScopeKey(
  db: Queryable,
  scope: ScopeName,
  keyId: Sha256,
): Promise<ScopeKeyDocument> {
  const keys = await readScopeKeys(db, scope);
  const [described] = await describeScopeKeys(
    db,
    keys.filter((key) => key.keyId === keyId),
  );
  if (described === undefined) throw new Error(`${scope} has no key ${keyId}`);
  return described;
}
