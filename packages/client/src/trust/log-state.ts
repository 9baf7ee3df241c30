// SPDX-License-Identifier: Apache-2.0
/**
 * What this machine has seen of a log, so that the log cannot take it back: `logs/<id>/state.json` in the data directory.
 *
 *     {"v":1,
 *      "checkpoint":"lora.example/log\n651\n…",                     the largest, the whole signed note
 *      "releases":{"@acme/sql":{"1.2.0":{"id":"<64 hex>","index":17}}},   proved to be in the log
 *      "revoked":{"@acme":{"<key id>":90}},                          proved: from which log index on
 *      "firstKeys":{"@acme":"<key id>"}}                             proved to have come with the scope
 *
 * A log is known by its key, so that another key is another log.
 */

import { dirname, join } from "node:path";
import { z } from "zod";
import { sha256Of } from "../digest.ts";
import { packageNameSchema, scopeNameSchema, sha256Schema, versionSchema } from "../documents/fields.ts";
import { withFileLock } from "../file-lock/index.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { readDocument, writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import { formatVerifierKey, MAX_NOTE_BYTES, type VerifierKey } from "../transparency/index.ts";

const WAIT_MS = 60_000;

const logStateSchema = z.strictObject({
  v: z.literal(1),
  checkpoint: z.string().max(MAX_NOTE_BYTES).optional(),
  releases: z.record(
    packageNameSchema,
    z.record(versionSchema, z.strictObject({ id: sha256Schema, index: z.int().min(0) })),
  ),
  revoked: z.record(scopeNameSchema, z.record(sha256Schema, z.int().min(0))),
  firstKeys: z.record(scopeNameSchema, sha256Schema).optional(),
});

export type LogState = z.output<typeof logStateSchema>;

export interface LogStateFile {
  /** @throws LoraError JSON_INVALID: a state that cannot be read is not the same as none */
  read(): Promise<LogState>;
  /** `change` gets what is there now, whoever wrote it last. Undefined leaves it. */
  update(change: (state: LogState) => LogState | undefined): Promise<void>;
}

/** A directory's name for a log, from its key. */
export function logId(key: VerifierKey): string {
  return sha256Of(formatVerifierKey(key)).slice(0, 16);
}

export function openLogState(dataDirectory: string, key: VerifierKey): LogStateFile {
  const path = join(dataDirectory, "logs", logId(key), "state.json");
  const read = async (): Promise<LogState> => {
    const text = await readDocument(path);
    if (text === undefined) return { v: 1, releases: {}, revoked: {} };
    return parseWith(logStateSchema, parseStrictJson(text, path), {
      code: "JSON_INVALID",
      source: path,
      hint: `remove it: what was seen of the log ${key.name} before is then forgotten`,
    });
  };
  return {
    read,
    async update(change) {
      await makeDirectory(dirname(path));
      await withFileLock(
        `${path}.lock`,
        async () => {
          const state = change(await read());
          if (state !== undefined) await writeFileDurably(path, `${JSON.stringify(state, null, 2)}\n`);
        },
        { wait: WAIT_MS },
      );
    },
  };
}
