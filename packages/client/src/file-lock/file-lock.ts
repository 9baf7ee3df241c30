// SPDX-License-Identifier: Apache-2.0
/**
 * A lock between processes that cannot go stale: `BEGIN EXCLUSIVE` on an empty SQLite database. SQLite takes the
 * operating system's byte-range lock (fcntl, LockFileEx), and the kernel gives that back when the process ends,
 * however it ends. Nothing is ever written into the database.
 *
 *     PATH       the lock database, empty; stays when the lock is released, for a file that is unlinked and made anew
 *                would let two processes lock two files of one name
 *     PATH.pid   decimal process id of the holder, for messages only: nobody decides by it
 *
 * Never open PATH by any other means in a process that holds it: POSIX drops all of a process's locks on a file as
 * soon as the process closes any descriptor of that file. The lock is not shared between machines over NFS.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LoraError } from "../errors.ts";
import { type DatabaseSync, isBusy, loadSqlite } from "./sqlite.ts";

export interface FileLockOptions {
  /** Milliseconds to wait for another holder; 0, the default, refuses at once. */
  wait?: number;
}

export interface FileLock extends AsyncDisposable {
  readonly path: string;
  /** Gives the lock back. A second call does nothing. */
  release(): Promise<void>;
}

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Takes the lock at `path`, whose directory must exist.
 * @throws LoraError DATA_LOCKED while another holder has it, in this process or another; `details.pid` where it is known
 * @throws LoraError IO_FAILED when the file cannot be opened or is no lock
 */
export async function acquireFileLock(path: string, { wait = 0 }: FileLockOptions = {}): Promise<FileLock> {
  const deadline = performance.now() + wait;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const database = tryLock(path);
    if (database !== undefined) return heldLock(path, database);
    const left = deadline - performance.now();
    if (left <= 0) throw lockedError(path);
    // Jitter, so that waiting processes do not knock in step.
    await sleep(Math.min(left, pause * (0.5 + Math.random())));
  }
}

/** Runs `work` under the lock at `path` and releases it, whether `work` succeeds or not. */
export async function withFileLock<Result>(
  path: string,
  work: () => Result | Promise<Result>,
  options?: FileLockOptions,
): Promise<Result> {
  const lock = await acquireFileLock(path, options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // In memory, for a journal on the disk would be left behind by a process that is killed.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new LoraError("IO_FAILED", `the lock ${path} cannot be taken: ${(error as Error).message}`, {
      details: { path },
      cause: error,
    });
  }
}

function heldLock(path: string, database: DatabaseSync): FileLock {
  try {
    writeFileSync(pidPath(path), `${process.pid}\n`);
  } catch (error) {
    database.close();
    throw new LoraError("IO_FAILED", `${pidPath(path)} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let held = true;
  const release = async () => {
    if (!held) return;
    held = false;
    // First the pid, then the lock: the other way round could remove the pid of the next holder.
    rmSync(pidPath(path), { force: true });
    database.close();
  };
  return { path, release, [Symbol.asyncDispose]: release };
}

function lockedError(path: string): LoraError {
  const pid = readHolderPid(path);
  const holder = pid === undefined ? "another process" : `process ${pid}`;
  return new LoraError("DATA_LOCKED", `${holder} holds the lock ${path}`, {
    details: pid === undefined ? { path } : { path, pid },
  });
}

/** The pid that the holder of the lock at `path` wrote beside it; undefined for none. After a crash it may be an old one. */
export function readHolderPid(path: string): number | undefined {
  try {
    const text = readFileSync(pidPath(path), "utf8");
    return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function pidPath(path: string): string {
  return `${path}.pid`;
}
