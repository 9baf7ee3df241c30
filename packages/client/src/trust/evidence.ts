// SPDX-License-Identifier: Apache-2.0
/**
 * What convicts a log, kept where nobody deletes it by accident: `evidence/` in the data directory.
 *
 *     {"v":1,"kind":"fork","url":"https://lora.example","foundAt":"2026-11-01T10:00:00.000Z","policy":"log lora.example/log+…\n…",
 *      "evidence":{"seen":"…","offered":"…","root":"…","proof":["…"]}}
 *
 * `fork`: two notes that no one log can have signed; `isLogEvidence` tells under the policy. `rollback`: the cosigner
 * dated the smaller log later than the larger one.
 */
import { join } from "node:path";
import { sha256Of } from "../digest.ts";
import { writeFileDurably } from "../store/index.ts";
import { formatPolicy, type LogEvidence, type Policy } from "../transparency/index.ts";

export interface KeptEvidence {
  kind: "fork" | "rollback";
  /** Of the registry or mirror that showed it. */
  url: string;
  policy: Policy;
  evidence: LogEvidence;
}

/** @returns the file's path; the same evidence is kept once */
export async function keepEvidence(
  dataDirectory: string,
  { kind, url, policy, evidence }: KeptEvidence,
  now: Date,
): Promise<string> {
  const name = `${kind}-${sha256Of(JSON.stringify(evidence)).slice(0, 16)}.json`;
  const path = join(dataDirectory, "evidence", name);
  const file = { v: 1, kind, url, foundAt: now.toISOString(), policy: formatPolicy(policy), evidence };
  await writeFileDurably(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}
