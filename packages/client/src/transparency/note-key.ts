// SPDX-License-Identifier: Apache-2.0
/**
 * Keys of logs, clocks and witnesses, as C2SP signed-note writes them, and private ones as Go's note package does.
 *
 *     verifier key = name "+" hex(keyid4) "+" base64(kind ‖ public key)       the base64 may hold "+" too
 *     signer key   = "PRIVATE+KEY+" name "+" hex(keyid4) "+" base64(kind ‖ seed)
 *     keyid4       = SHA-256(name ‖ 0A ‖ kind ‖ public key)[0:4]
 *     kind         = 01 Ed25519 over a note's text | 04 Ed25519 timestamped cosignature of a checkpoint
 *
 *     example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
 *
 * Ed25519 is WebCrypto's: in Node from 22 on, and in today's browsers.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { decodeBase64, encodeBase64 } from "../signing/base64.ts";

/** What a key signs: the text itself, or a checkpoint together with the time of signing. */
export type NoteKeyKind = "ed25519" | "cosignature/v1";

export interface VerifierKey {
  name: string;
  /** Eight hex digits, of name, kind and public key: a short name for the key, no proof of it. */
  keyId: string;
  kind: NoteKeyKind;
  publicKey: Uint8Array<ArrayBuffer>;
}

/** Whoever holds the seed signs as the log. */
export interface SignerKey extends VerifierKey {
  seed: Uint8Array<ArrayBuffer>;
}

export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;
export const MAX_KEY_LENGTH = 1024;

const KIND_BYTES: Record<NoteKeyKind, number> = { ed25519: 0x01, "cosignature/v1": 0x04 };
const KEY = /^([^\p{White_Space}\p{Cc}+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u;
const NAME = /^[^\p{White_Space}\p{Cc}+]+$/u;
const PRIVATE_PREFIX = "PRIVATE+KEY+";
/** The ASN.1 of RFC 8410 in front of an Ed25519 seed: WebCrypto takes a private key in no shorter form. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** @throws LoraError LOG_KEY_INVALID */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, keyId, kind, material } = parseKey(text, text);
  const key = verifierKey(name, kind, material);
  if (key.keyId !== keyId) throw invalid(text, `has the id ${keyId}, and by its contents ${key.keyId}`);
  return key;
}

export function formatVerifierKey({ name, keyId, kind, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${encodeMaterial(kind, publicKey)}`;
}

/** @throws LoraError LOG_KEY_INVALID, whose message does not repeat the key */
export async function parseSignerKey(text: string): Promise<SignerKey> {
  const shown = "the signer key";
  if (!text.startsWith(PRIVATE_PREFIX)) throw invalid(shown, `does not start with ${PRIVATE_PREFIX}`);
  const { name, keyId, kind, material } = parseKey(text.slice(PRIVATE_PREFIX.length), shown);
  const key = await signerKey(name, kind, material);
  if (key.keyId !== keyId) throw invalid(shown, `has the id ${keyId}, and by its contents ${key.keyId}`);
  return key;
}

export function formatSignerKey({ name, keyId, kind, seed }: SignerKey): string {
  return `${PRIVATE_PREFIX}${name}+${keyId}+${encodeMaterial(kind, seed)}`;
}

/**
 * @param seed 32 random bytes; drawn here if left out
 * @throws LoraError LOG_KEY_INVALID for a name that no note can carry
 */
export async function signerKey(
  name: string,
  kind: NoteKeyKind,
  seed: Uint8Array = crypto.getRandomValues(new Uint8Array(SEED_BYTES)),
): Promise<SignerKey> {
  if (seed.length !== SEED_BYTES) throw invalid(name, `does not come from ${SEED_BYTES} bytes`);
  const privateKey = await importSeed(seed);
  const { x } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = decodeBase64(`${(x ?? "").replace(/-/g, "+").replace(/_/g, "/")}=`);
  return { ...verifierKey(name, kind, publicKey ?? new Uint8Array()), seed: Uint8Array.from(seed) };
}

/** @throws LoraError LOG_KEY_INVALID */
export function verifierKey(name: string, kind: NoteKeyKind, publicKey: Uint8Array): VerifierKey {
  if (!NAME.test(name)) throw invalid(name, "has a name that is empty or holds spaces or plus signs");
  if (publicKey.length !== PUBLIC_KEY_BYTES) throw invalid(name, `is not of ${PUBLIC_KEY_BYTES} bytes`);
  const hashed = concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(KIND_BYTES[kind]), publicKey);
  const keyId = bytesToHex(sha256(hashed).subarray(0, 4));
  return { name, keyId, kind, publicKey: Uint8Array.from(publicKey) };
}

export function importSeed(seed: Uint8Array) {
  return crypto.subtle.importKey("pkcs8", Uint8Array.from([...PKCS8_PREFIX, ...seed]), "Ed25519", true, [
    "sign",
  ]);
}

function parseKey(text: string, shown: string) {
  const [, name, keyId, base64] = (text.length <= MAX_KEY_LENGTH && KEY.exec(text)) || [];
  const bytes = decodeBase64(base64 ?? "");
  if (name === undefined || keyId === undefined || bytes === undefined || !text.isWellFormed())
    throw invalid(shown, "is not of the form name+id+base64");
  const kind = (Object.keys(KIND_BYTES) as NoteKeyKind[]).find((each) => KIND_BYTES[each] === bytes[0]);
  if (kind === undefined) throw invalid(shown, "is of a kind that is not supported");
  if (bytes.length !== 1 + PUBLIC_KEY_BYTES) throw invalid(shown, `is not of ${PUBLIC_KEY_BYTES} bytes`);
  return { name, keyId, kind, material: bytes.slice(1) };
}

function encodeMaterial(kind: NoteKeyKind, material: Uint8Array): string {
  return encodeBase64(concatBytes(Uint8Array.of(KIND_BYTES[kind]), material));
}

function invalid(shown: string, what: string): LoraError {
  return new LoraError(
    "LOG_KEY_INVALID",
    `${shown === "the signer key" ? shown : `the key ${quote(shown)}`} ${what}`,
  );
}
