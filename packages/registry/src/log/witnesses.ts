// SPDX-License-Identifier: Apache-2.0
/**
 * Asks others to cosign this log's checkpoints (C2SP tlog-witness). A step asks before it commits, so that what they sign
 * is in its receipts too; the guard has remembered the checkpoint by then, so what they have seen will come to be. Where
 * the policy has a quorum, nothing gets into the log without it. While nothing happens they are asked again from time to
 * time, for their word on how new the checkpoint is.
 */
import { LoraError } from "@lora/client/errors";
import {
  addSignatures,
  type Checkpoint,
  formatAddCheckpoint,
  formatNote,
  isQuorum,
  MAX_NOTE_BYTES,
  type NoteSignature,
  type Policy,
  type PolicyWitness,
  parseCheckpoint,
  parseNote,
  parseSignatureLines,
  proveConsistency,
  verifyNote,
} from "@lora/client/transparency";
import { eq } from "drizzle-orm";
import type { Logger } from "pino";
import { type Database, type Queryable, type Transaction, tables } from "../database/index.ts";
import { type LogHead, lockLog, readHead } from "./head.ts";
import { storedHashReader } from "./tiles.ts";

/** A step holds up others, so it waits longer only for who must have signed. */
const QUORUM_ANSWER_MS = 5000;
const OTHERS_ANSWER_MS = 1000;
/** So long one who did not answer is left alone, where it is not needed. */
const SILENT_MS = 60_000;
const AGAIN_AFTER_MS = 10 * 60 * 1000;

export interface WitnessAsking {
  /**
   * The checkpoint of a step with their signatures; `tx` has its hashes.
   * @throws LoraError SERVICE_UNAVAILABLE when the quorum did not sign
   */
  cosign(tx: Transaction, head: LogHead): Promise<LogHead>;
  close(): Promise<void>;
}

export function askWitnesses(deps: { db: Database; witnesses: Policy; log: Logger }): WitnessAsking {
  const { db, witnesses: policy, log } = deps;
  const isQuorumAsked = policy.quorum !== "none";
  const asked = policy.witnesses.filter(({ url }) => url !== undefined);
  /** What each has cosigned last, as far as it has told this process. */
  const sizes = new Map<PolicyWitness, number>();
  const silentUntil = new Map<PolicyWitness, number>();
  const stop = new AbortController();

  const askEach = async (queryable: Queryable, { note }: LogHead): Promise<NoteSignature[]> => {
    const checkpoint = parseCheckpoint(parseNote(note).text);
    const answers = asked.map(async (witness) => {
      if (!isQuorumAsked && (silentUntil.get(witness) ?? 0) > performance.now()) return [];
      const timeout = AbortSignal.timeout(isQuorumAsked ? QUORUM_ANSWER_MS : OTHERS_ANSWER_MS);
      try {
        const signal = AbortSignal.any([stop.signal, timeout]);
        return await ask(queryable, witness, checkpoint, note, sizes, signal);
      } catch (error) {
        silentUntil.set(witness, performance.now() + SILENT_MS);
        if (!stop.signal.aborted) log.warn({ err: error, witness: witness.name }, "a witness did not cosign");
        return [];
      }
    });
    return (await Promise.all(answers)).flat();
  };

  const refresh = async () => {
    try {
      const head = await readHead(db);
      if (head !== undefined && head.size > 0)
        await mergeCosignatures(deps, head.size, await askEach(db, head));
    } catch (error) {
      log.warn({ err: error }, "witnesses could not be asked");
    }
  };
  let running = refresh();
  const timer = setInterval(() => {
    running = running.then(refresh);
  }, AGAIN_AFTER_MS);

  return {
    async cosign(tx, head) {
      const { note, isMet } = await withSignatures(head.note, await askEach(tx, head), policy);
      if (isMet) return { ...head, note, witnessedAt: new Date() };
      throw new LoraError("SERVICE_UNAVAILABLE", "the log waits for its witnesses: too few of them answer");
    },
    async close() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}

async function withSignatures(
  text: string,
  lines: readonly NoteSignature[],
  { witnesses, quorum }: Policy,
): Promise<{ note: string; isMet: boolean }> {
  const note = addSignatures(parseNote(text), lines);
  const signatures = await verifyNote(
    note,
    witnesses.map(({ key }) => key),
  );
  const signed = new Set(signatures.map(({ key }) => key));
  const cosigned = new Set(witnesses.filter(({ key }) => signed.has(key)));
  return { note: formatNote(note), isMet: isQuorum(quorum, cosigned) };
}

/** Once more where the witness says that it has seen another size than it was thought to. */
async function ask(
  db: Queryable,
  witness: PolicyWitness,
  checkpoint: Checkpoint,
  note: string,
  sizes: Map<PolicyWitness, number>,
  signal: AbortSignal,
): Promise<NoteSignature[]> {
  for (let attempt = 0; ; attempt += 1) {
    const oldSize = Math.min(sizes.get(witness) ?? 0, checkpoint.size);
    const proof =
      oldSize === 0 ? [] : await proveConsistency(oldSize, checkpoint.size, storedHashReader(db, checkpoint));
    const response = await fetch(new URL("add-checkpoint", directoryUrl(witness.url)), {
      method: "POST",
      body: formatAddCheckpoint({ oldSize, proof, checkpoint: note }),
      signal,
      redirect: "error",
    });
    const body = await readBounded(response);
    if (response.status === 200) {
      sizes.set(witness, checkpoint.size);
      return verifiedLines(body, witness, note);
    }
    const size = /^(0|[1-9]\d{0,15})\n$/.exec(body)?.[1];
    if (response.status !== 409 || size === undefined || attempt > 0 || Number(size) > checkpoint.size) {
      throw new LoraError(
        "REGISTRY_PROTOCOL",
        `the witness ${witness.name} answered ${response.status}${size === undefined ? "" : `: it has cosigned ${size} entries`}`,
      );
    }
    sizes.set(witness, Number(size));
  }
}

async function verifiedLines(body: string, witness: PolicyWitness, note: string): Promise<NoteSignature[]> {
  const { text } = parseNote(note);
  const lines = parseSignatureLines(body);
  const verified = await verifyNote({ text, signatures: lines }, [witness.key]);
  if (verified.length === 0)
    throw new LoraError("COSIGNATURES_MISSING", `the witness ${witness.name} signed with another key`);
  return lines.filter(({ name, keyId }) => name === witness.key.name && keyId === witness.key.keyId);
}

/** The note may have been cosigned by others meanwhile: theirs stay. */
async function mergeCosignatures(
  { db, witnesses }: { db: Database; witnesses: Policy },
  size: number,
  lines: readonly NoteSignature[],
): Promise<void> {
  const { logCheckpoints } = tables;
  await db.transaction(async (tx) => {
    await lockLog(tx);
    const [row] = await tx.select().from(logCheckpoints).where(eq(logCheckpoints.size, size));
    if (row === undefined) return;
    const { note } = await withSignatures(row.note, lines, witnesses);
    await tx.update(logCheckpoints).set({ note }).where(eq(logCheckpoints.size, size));
  });
}

function directoryUrl(url: string | undefined): string {
  return url?.endsWith("/") ? url : `${url}/`;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_NOTE_BYTES) throw new LoraError("REGISTRY_PROTOCOL", "a witness's answer does not end");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
