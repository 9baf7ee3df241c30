// SPDX-License-Identifier: Apache-2.0
/**
 * Keys that the user accepted in person, `trusted-keys.json` beside the settings: what `lora trust @scope KEYID` writes.
 *
 *     {"v":1,"scopes":{"@acme":["<key id>"]}}
 */
import { join } from "node:path";
import { z } from "zod";
import type { Sha256 } from "../digest.ts";
import { scopeNameSchema, sha256Schema } from "../documents/fields.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { ScopeName } from "../names.ts";
import { readDocument, writeFileDurably } from "../store/index.ts";

const fileSchema = z.strictObject({
  v: z.literal(1),
  scopes: z.record(scopeNameSchema, z.array(sha256Schema)),
});

const pathOf = (configDirectory: string) => join(configDirectory, "trusted-keys.json");

/** @throws LoraError JSON_INVALID */
export async function readTrustedKeys(configDirectory: string): Promise<Record<ScopeName, Sha256[]>> {
  const path = pathOf(configDirectory);
  const text = await readDocument(path);
  if (text === undefined) return {};
  const { scopes } = parseWith(fileSchema, parseStrictJson(text, path), {
    code: "JSON_INVALID",
    source: path,
  });
  return scopes as Record<ScopeName, Sha256[]>;
}

/** @returns whether the key was not trusted before */
export async function trustKey(configDirectory: string, scope: ScopeName, keyId: Sha256): Promise<boolean> {
  const scopes = await readTrustedKeys(configDirectory);
  const present = scopes[scope] ?? [];
  if (present.includes(keyId)) return false;
  const changed = { v: 1, scopes: { ...scopes, [scope]: [...present, keyId] } };
  await writeFileDurably(pathOf(configDirectory), `${JSON.stringify(changed, null, 2)}\n`);
  return true;
}
