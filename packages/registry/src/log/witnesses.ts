// SPDX-License-Identifier: Apache-2.0
/**
 * Asks others to cosign this log's checkpoints (C2SP tlog-witness), each one after its commit, the newest only. What they
 * sign is verified and joins the note that is served; what they refuse is logged, and asked again at the next checkpoint
 * or the next time the clock cosigns.
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
import { type Database, tables } from "../database/index.ts";
import { lockLog, readHead } from "./head.ts";
import { storedHashReader } from "./tiles.ts";

const ANSWER_MS = 10_000;
const AGAIN_AFTER_MS = 60_000;

export interface WitnessAsking {
  onHead(): void;
  close(): Promise<void>;
}

export function askWitnesses(deps: {
  db: Database;
  witnesses: Policy;
  log: Logger;
  now(): Date;
}): WitnessAsking {
  const { db, witnesses: policy, log } = deps;
  const asked = policy.witnesses.filter(({ url }) => url !== undefined);
  /** What each has cosigned last, as far as it has told this process. */
  const sizes = new Map<PolicyWitness, number>();
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  let isAsked = false;

  const askAll = async () => {
    const head = await readHead(db);
    if (head === undefined || head.size === 0) return;
    const note = parseNote(head.note);
    const checkpoint = parseCheckpoint(note.text);
    const lines = await Promise.all(
      asked.map(async (witness) => {
        try {
          return await ask(db, witness, checkpoint, head.note, sizes, stop.signal);
        } catch (error) {
          if (!stop.signal.aborted)
            log.warn({ err: error, witness: witness.name }, "a witness did not cosign");
          return [];
        }
      }),
    );
    await mergeCosignatures(deps, head.size, lines.flat());
  };

  const run = async () => {
    while (isAsked && !stop.signal.aborted) {
      isAsked = false;
      await askAll().catch((error: unknown) => log.warn({ err: error }, "witnesses could not be asked"));
    }
  };
  const onHead = () => {
    isAsked = true;
    running ??= run().finally(() => {
      running = undefined;
      if (isAsked && !stop.signal.aborted) onHead();
    });
  };
  const timer = setInterval(onHead, AGAIN_AFTER_MS);
  onHead();

  return {
    onHead,
    async close() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}

/** Once more where the witness says that it has seen another size than it was thought to. */
async function ask(
  db: Database,
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
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
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
  { db, witnesses, now }: { db: Database; witnesses: Policy; now(): Date },
  size: number,
  lines: readonly NoteSignature[],
): Promise<void> {
  const { logCheckpoints } = tables;
  await db.transaction(async (tx) => {
    await lockLog(tx);
    const [row] = await tx.select().from(logCheckpoints).where(eq(logCheckpoints.size, size));
    if (row === undefined) return;
    const note = addSignatures(parseNote(row.note), lines);
    const keys = witnesses.witnesses.map(({ key }) => key);
    const signed = new Set((await verifyNote(note, keys)).map(({ key }) => key));
    const cosigned = new Set(witnesses.witnesses.filter(({ key }) => signed.has(key)));
    const isMet = isQuorum(witnesses.quorum, cosigned);
    await tx
      .update(logCheckpoints)
      .set({ note: formatNote(note), witnessedAt: isMet ? (row.witnessedAt ?? now()) : row.witnessedAt })
      .where(eq(logCheckpoints.size, size));
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
