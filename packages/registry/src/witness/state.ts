// SPDX-License-Identifier: Apache-2.0
/**
 * What a witness keeps, in a directory of its own:
 *
 *     witness-key        the private key, mode 0600, made by the first start
 *     checkpoint         the largest tree seen, as the log signed it; replaced by rename, synced
 *     evidence/<time>    what the log signed against it: worth showing to everybody
 *
 * Without `checkpoint` a witness would cosign anything again: whoever loses it makes a new key.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { makeDirectory, writeFileDurably } from "@lora/client/store";
import {
  type AddCheckpoint,
  type Checkpoint,
  formatAddCheckpoint,
  formatSignerKey,
  parseSignerKey,
  type SignerKey,
  signerKey,
  type VerifierKey,
} from "@lora/client/transparency";
import { verifiedBy } from "./witness.ts";

export interface WitnessState {
  /** Undefined before the first. */
  read(): Promise<Checkpoint | undefined>;
  /** On the disk when it returns. */
  write(note: string, checkpoint: Checkpoint): Promise<void>;
  keepEvidence(request: AddCheckpoint): Promise<string>;
  /** Runs one piece of work after another. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** @throws LoraError STORE_CORRUPT when what it kept is not of this log: it cosigns nothing then */
export async function openWitnessState(directory: string, logKey: VerifierKey): Promise<WitnessState> {
  await makeDirectory(join(directory, "evidence"), 0o700);
  const path = join(directory, "checkpoint");
  const kept = await readIfThere(path);
  let seen: Checkpoint | undefined;
  if (kept !== undefined) {
    seen = await verifiedBy(kept, logKey).catch(() => undefined);
    if (seen === undefined || seen.origin !== logKey.name)
      throw new LoraError("STORE_CORRUPT", `${path} is not a checkpoint of ${logKey.name}`, {
        hint: "give each log a directory of its own with --data",
      });
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: async () => seen,
    async write(note, checkpoint) {
      if (seen !== undefined && checkpoint.size < seen.size) throw new Error("a witness never goes back");
      await writeFileDurably(path, note);
      seen = checkpoint;
    },
    async keepEvidence(request) {
      const name = join(directory, "evidence", `${new Date().toISOString().replaceAll(":", "-")}.txt`);
      const before = (await readIfThere(path)) ?? "";
      await writeFileDurably(name, `${before}\n${formatAddCheckpoint(request)}`);
      return name;
    },
    alone(work) {
      const done = last.then(work, work);
      last = done.catch(() => {});
      return done;
    },
  };
}

/**
 * @param name of the key, such as friend.example/witness: settled by the first start
 * @throws LoraError USAGE, LOG_KEY_INVALID
 */
export async function settleWitnessKey(directory: string, name: string | undefined): Promise<SignerKey> {
  const path = join(directory, "witness-key");
  const kept = await readIfThere(path);
  if (kept === undefined && name === undefined) {
    throw new LoraError("USAGE", "a new witness needs a name", {
      hint: "choose one that is yours alone: --name friend.example/witness",
    });
  }
  const key =
    kept === undefined ? await signerKey(name ?? "", "cosignature/v1") : await parseSignerKey(kept.trim());
  if (name !== undefined && key.name !== name) {
    throw new LoraError("USAGE", `this witness is called ${key.name}, not ${name}`, {
      hint: "leave --name away, or start with another --data",
    });
  }
  if (kept === undefined) await writeFileDurably(path, `${formatSignerKey(key)}\n`, 0o600);
  return key;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new LoraError("IO_FAILED", `${path} cannot be read: ${error.code}`, { cause: error });
  });
}
