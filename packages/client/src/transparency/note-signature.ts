// SPDX-License-Identifier: Apache-2.0
/**
 * Signing and verifying notes. An Ed25519 key signs the note's text. A cosigner's key signs, with the time, a
 * checkpoint's text (C2SP tlog-cosignature): "as of then, this was the largest tree I had seen, and none before it
 * contradicts it".
 *
 *     signature = u64be time ‖ 64 bytes, over        cosignature/v1\n
 *                                                    time 1679315147\n
 *                                                    example.com/behind-the-sofa\n20852163\nCsUY…q2I=\n
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { LoraError } from "../errors.ts";
import type { Note, NoteSignature } from "./note.ts";
import { importSeed, type SignerKey, type VerifierKey } from "./note-key.ts";

const TIME_BYTES = 8;

export interface VerifiedSignature {
  key: VerifierKey;
  /** POSIX time that the cosigner states. Undefined for a plain signature. */
  timeSeconds?: number;
}

/** @throws TypeError for a key of another kind: a log signs, a clock or witness cosigns */
export async function signNote(text: string, key: SignerKey): Promise<NoteSignature> {
  if (key.kind !== "ed25519") throw new TypeError(`${key.name} is a key for cosignatures`);
  return { name: key.name, keyId: key.keyId, signature: await sign(text, key) };
}

/**
 * Call it only for a checkpoint that is consistent with every earlier one: the signature says so.
 * @throws TypeError for a key of another kind
 */
export async function cosignCheckpoint(
  text: string,
  key: SignerKey,
  timeSeconds: number,
): Promise<NoteSignature> {
  if (key.kind !== "cosignature/v1") throw new TypeError(`${key.name} is no key for cosignatures`);
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const signature = concatBytes(time, await sign(cosignedMessage(text, timeSeconds), key));
  return { name: key.name, keyId: key.keyId, signature };
}

/**
 * Signatures of unknown keys are passed over, as anyone may add one. A wrong signature of a known key condemns the
 * note: someone changed it.
 * @throws LoraError CHECKPOINT_INVALID
 */
export async function verifyNote(note: Note, keys: readonly VerifierKey[]): Promise<VerifiedSignature[]> {
  const verified: VerifiedSignature[] = [];
  for (const signature of note.signatures) {
    for (const key of keys) {
      if (key.name !== signature.name || key.keyId !== signature.keyId) continue;
      const timeSeconds = key.kind === "cosignature/v1" ? readTime(signature.signature) : undefined;
      const isValid =
        key.kind === "cosignature/v1"
          ? timeSeconds !== undefined &&
            (await isSignature(
              cosignedMessage(note.text, timeSeconds),
              signature.signature.subarray(TIME_BYTES),
              key,
            ))
          : await isSignature(note.text, signature.signature, key);
      if (!isValid) {
        throw new LoraError("CHECKPOINT_INVALID", `the signature of ${key.name} does not verify`, {
          details: { name: key.name, keyId: key.keyId },
        });
      }
      verified.push(timeSeconds === undefined ? { key } : { key, timeSeconds });
    }
  }
  return verified;
}

function cosignedMessage(text: string, timeSeconds: number): string {
  return `cosignature/v1\ntime ${timeSeconds}\n${text}`;
}

/** Undefined for what cannot be a cosignature: too short, or a time past 2^53. */
function readTime(signature: Uint8Array): number | undefined {
  if (signature.length < TIME_BYTES) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0);
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

async function sign(message: string, key: SignerKey): Promise<Uint8Array> {
  return new Uint8Array(
    await crypto.subtle.sign("Ed25519", await importSeed(key.seed), Uint8Array.from(utf8ToBytes(message))),
  );
}

async function isSignature(message: string, signature: Uint8Array, key: VerifierKey): Promise<boolean> {
  try {
    const publicKey = await crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify(
      "Ed25519",
      publicKey,
      Uint8Array.from(signature),
      Uint8Array.from(utf8ToBytes(message)),
    );
  } catch (error) {
    if (error instanceof Error && error.name === "NotSupportedError") throw error;
    // Some platforms refuse bytes that are no point of the curve when they are imported, others when they verify.
    return false;
  }
}
