// SPDX-License-Identifier: Apache-2.0
/**
 * A registry's log as a client that is online believes it: its checkpoint is signed and cosigned as the policy asks,
 * contradicts nothing that was seen before, and is fresh. Whatever else claims to be in the log is held against it.
 */
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import type { HomeDirectories } from "../home/index.ts";
import { quote } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { encodeBase64 } from "../signing/base64.ts";
import {
  assertFresh,
  compareCheckpoints,
  type HashReader,
  type LogEvidence,
  MAX_CLOCK_SKEW_SECONDS,
  type Policy,
  readEdge,
  type TileReader,
  tileHashReader,
  type VerifiedCheckpoint,
  verifyCheckpoint,
} from "../transparency/index.ts";
import { type KeptEvidence, keepEvidence } from "./evidence.ts";
import { logFiles } from "./log-files.ts";
import { type LogState, type LogStateFile, logId, openLogState } from "./log-state.ts";
import { settleLogPolicy } from "./settle-log-policy.ts";

export interface TrustDeps {
  directories: HomeDirectories;
  env: NodeJS.ProcessEnv;
  now?: () => Date;
}

export interface TrustedLog {
  /** What the registry calls itself. */
  origin: string;
  url: string;
  policy: Policy;
  /** The checkpoint that the registry offers now. */
  offered: VerifiedCheckpoint;
  /** The largest that is known of this log, also from elsewhere. */
  newest(): VerifiedCheckpoint;
  files: TileReader;
  state: LogStateFile;
  /** What a person should know. */
  notes: string[];
  /** @throws LoraError LOG_INCONSISTENT, with the evidence kept, when a checkpoint is not of this log's one history */
  assertConsistent(checkpoint: VerifiedCheckpoint): Promise<void>;
  /**
   * Remembers the newest checkpoint, with the tiles that prove older ones, and what else was learned. Newer state is never
   * overwritten.
   */
  save(learn?: (state: LogState) => LogState): Promise<void>;
}

/** @throws LoraError of the first check that fails: LOG_MISSING, LOG_KEY_CHANGED, CHECKPOINT_…, LOG_…, COSIGNATURES_MISSING */
export async function openTrustedLog(registry: RegistryClient, deps: TrustDeps): Promise<TrustedLog> {
  const { directories } = deps;
  const now = deps.now?.() ?? new Date();
  const [info, note] = await Promise.all([registry.info(), readCheckpoint(registry)]);
  const { policy, logKey, settle } = await settleLogPolicy(registry.url, info, deps);
  const state = openLogState(directories.data, logKey);
  const files = logFiles(registry, join(directories.cache, "logs", logId(logKey)));
  const offered = await verifyCheckpoint(note, policy);
  const readers = hashReaders(files);
  const notes: string[] = [];

  const compare = async (seen: VerifiedCheckpoint, other: VerifiedCheckpoint) => {
    try {
      return await compareCheckpoints(seen, other, readers);
    } catch (error) {
      throw await withEvidence(error, "fork");
    }
  };
  const withEvidence = async (error: unknown, kind: KeptEvidence["kind"]): Promise<unknown> => {
    const evidence = error instanceof LoraError ? error.details?.evidence : undefined;
    if (!(error instanceof LoraError) || evidence === undefined) return error;
    const kept = { kind, url: registry.url, policy, evidence: evidence as LogEvidence };
    let path: string;
    try {
      path = await keepEvidence(directories.data, kept, now);
    } catch (cause) {
      if (!(cause instanceof LoraError)) throw cause;
      // The lie is what matters, not the full disk.
      return new LoraError(error.code, `${error.message}; the proof could not be kept: ${cause.message}`, {
        hint: `install nothing from ${registry.url}; the proof is among the details that --json prints: keep it`,
        ...(error.details === undefined ? {} : { details: error.details }),
        cause: error,
      });
    }
    return new LoraError(error.code, `${error.message}; the proof is in ${path}`, {
      hint: `install nothing from ${registry.url}, and show the proof to others who use it`,
      details: { ...error.details, evidencePath: path },
      cause: error,
    });
  };

  const seenNote = (await state.read()).checkpoint;
  let newest = offered;
  if (seenNote !== undefined) {
    const seen = await verifyCheckpoint(seenNote, { ...policy, quorum: "none" });
    if (offered.size < seen.size) {
      await compare(seen, offered).catch((error: unknown) => {
        throw cannotProve(error, seen, offered, registry.url);
      });
      const rollback = rollbackError(seen, offered);
      if (rollback !== undefined) throw await withEvidence(rollback, "rollback");
      newest = seen;
      notes.push(
        `${registry.url} lags behind: its log has ${offered.size} entries, and ${seen.size} were seen before`,
      );
    } else {
      await compare(seen, offered);
    }
  }
  assertFresh(offered, { nowSeconds: Math.floor(now.getTime() / 1000), ...maxAge(deps.env) });
  notes.push(...(await settle()));

  const known = new Set([treeOf(offered), treeOf(newest)]);
  let growing = Promise.resolve();
  return {
    origin: info.origin,
    url: registry.url,
    policy,
    offered,
    newest: () => newest,
    files,
    state,
    notes,
    async assertConsistent(checkpoint) {
      if (known.has(treeOf(checkpoint))) return;
      if (checkpoint.size <= newest.size) await compare(newest, checkpoint);
      else {
        // One after another: two that both continue what was seen may still contradict each other.
        growing = growing.then(async () => {
          await compare(newest, checkpoint);
          if (checkpoint.size > newest.size) newest = checkpoint;
        });
        await growing;
      }
      known.add(treeOf(checkpoint));
    },
    async save(learn = (state) => state) {
      for (;;) {
        const before = (await state.read()).checkpoint;
        const other =
          before === undefined ? undefined : await verifyCheckpoint(before, { ...policy, quorum: "none" });
        // Another process was faster: what it saw must be the same history.
        if (other !== undefined && before !== seenNote) await compare(other, newest);
        const checkpoint = other === undefined || isWorthSaving(other, newest) ? newest.note : before;
        if (checkpoint !== before && newest.size > 0) await readEdge(newest, files).catch(() => undefined);
        let isDone = false;
        await state.update((current) => {
          if (current.checkpoint !== before) return undefined;
          isDone = true;
          const next = learn({ ...current, checkpoint });
          return JSON.stringify(next) === JSON.stringify(current) ? undefined : next;
        });
        if (isDone) return;
      }
    },
  };
}

async function readCheckpoint(registry: RegistryClient): Promise<Uint8Array> {
  try {
    return await registry.checkpoint();
  } catch (error) {
    if (!(error instanceof LoraError) || error.kind.httpStatus !== 404) throw error;
    throw new LoraError("LOG_MISSING", `${registry.url} has no transparency log`, { cause: error });
  }
}

/** One reader a tree, so that each tile is read and proved once. */
function hashReaders(files: TileReader): (tree: VerifiedCheckpoint) => HashReader {
  const readers = new Map<string, HashReader>();
  return (tree) => {
    const reader = readers.get(treeOf(tree)) ?? tileHashReader(tree, files);
    readers.set(treeOf(tree), reader);
    return reader;
  };
}

function treeOf({ size, root }: VerifiedCheckpoint): string {
  return `${size} ${encodeBase64(root)}`;
}

const newestSeconds = ({ cosignatures }: VerifiedCheckpoint) =>
  Math.max(0, ...cosignatures.map(({ timeSeconds }) => timeSeconds));

/** A later time of the same tree is worth a write now and then only. */
function isWorthSaving(before: VerifiedCheckpoint, newest: VerifiedCheckpoint): boolean {
  return newest.size > before.size || newestSeconds(newest) > newestSeconds(before) + 600;
}

/** A cosigner says that it knows no larger tree: whoever says so of a smaller one later has lost or dropped something. */
function rollbackError(seen: VerifiedCheckpoint, offered: VerifiedCheckpoint): LoraError | undefined {
  for (const { witness, timeSeconds } of offered.cosignatures) {
    const before = seen.cosignatures.find(({ witness: { key } }) => key.keyId === witness.key.keyId);
    if (before === undefined || timeSeconds <= before.timeSeconds + MAX_CLOCK_SKEW_SECONDS) continue;
    const evidence: LogEvidence = {
      seen: seen.note,
      offered: offered.note,
      root: encodeBase64(offered.root),
      proof: [],
    };
    return new LoraError(
      "LOG_ROLLED_BACK",
      `the log ${quote(seen.origin)} had ${seen.size} entries, and was later confirmed to have only ${offered.size}`,
      { details: { origin: seen.origin, seenSize: seen.size, offeredSize: offered.size, evidence } },
    );
  }
  return undefined;
}

function cannotProve(
  error: unknown,
  seen: VerifiedCheckpoint,
  offered: VerifiedCheckpoint,
  url: string,
): unknown {
  if (!(error instanceof LoraError) || error.code !== "LOG_TILE_INVALID") return error;
  return new LoraError(
    "LOG_BEHIND",
    `the log of ${url} has ${offered.size} entries where ${seen.size} were seen before, and it cannot prove that it is a beginning of those`,
    {
      hint: "use the registry itself, or a mirror that is up to date",
      details: { seenSize: seen.size, offeredSize: offered.size },
      cause: error,
    },
  );
}

/** `LORA_LOG_MAX_AGE`: hours after which a log that nobody confirmed is no longer believed. */
function maxAge(env: NodeJS.ProcessEnv): { maxAgeSeconds?: number } {
  const text = env.LORA_LOG_MAX_AGE;
  if (!text) return {};
  const hours = Number(text);
  if (Number.isFinite(hours) && hours > 0) return { maxAgeSeconds: hours * 3600 };
  throw new LoraError("USAGE", `LORA_LOG_MAX_AGE cannot be ${quote(text)}`, {
    hint: "set it to a number of hours, such as 24",
  });
}
