// SPDX-License-Identifier: Apache-2.0
/**
 * Signing keys: ECDSA on P-256, the one kind that OpenSSF Model Signing, cosign and WebCrypto all take.
 *
 * A key is named by its KEYID, the sha256 in hex of its SPKI PEM text with the trailing newline:
 *
 *     -----BEGIN PUBLIC KEY-----\n
 *     MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…\n      base64 of 91 DER bytes, 64 characters a line
 *     -----END PUBLIC KEY-----\n
 */
import { type Sha256, sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
/** An uncompressed P-256 point behind the fixed algorithm header. */
const SPKI_BYTES = 91;

/** What WebCrypto hands out; spelled so because its name is declared by browsers' types only. */
export type KeyHandle = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface PublicKey {
  keyId: Sha256;
  /** Canonical PEM. */
  pem: string;
  verifyKey: KeyHandle;
}

export interface SigningKey {
  keyId: Sha256;
  publicPem: string;
  /** Unencrypted PKCS#8 PEM. Whoever holds it can sign for the scope. */
  privatePem: string;
}

export async function generateSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  return exportSigningKey(pair.publicKey, pair.privateKey);
}

/**
 * The public half of a private key comes from the private key itself, never from a file beside it.
 * @throws LoraError KEY_INVALID
 */
export async function importSigningKey(privatePem: string): Promise<SigningKey & { signKey: KeyHandle }> {
  const der = decodePem(privatePem, "PRIVATE KEY");
  const privateKey = await crypto.subtle
    .importKey("pkcs8", der, ALGORITHM, true, ["sign"])
    .catch((cause: unknown) => {
      throw notAKey({ cause });
    });
  const { d: _secret, key_ops: _ops, ...publicJwk } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", publicJwk, ALGORITHM, true, ["verify"]);
  return { ...(await exportSigningKey(publicKey, privateKey)), signKey: privateKey };
}

/** @throws LoraError KEY_INVALID */
export async function importPublicKey(pem: string): Promise<PublicKey> {
  const der = decodePem(pem, "PUBLIC KEY");
  if (der.length !== SPKI_BYTES) throw notAKey();
  const verifyKey = await crypto.subtle
    .importKey("spki", der, ALGORITHM, true, ["verify"])
    .catch((cause: unknown) => {
      throw notAKey({ cause });
    });
  const canonicalPem = encodePem(der, "PUBLIC KEY");
  return { keyId: sha256Of(canonicalPem), pem: canonicalPem, verifyKey };
}

async function exportSigningKey(publicKey: KeyHandle, privateKey: KeyHandle): Promise<SigningKey> {
  const publicPem = encodePem(new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)), "PUBLIC KEY");
  const privatePem = encodePem(
    new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)),
    "PRIVATE KEY",
  );
  return { keyId: sha256Of(publicPem), publicPem, privatePem };
}

function encodePem(der: Uint8Array, label: string): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function decodePem(pem: string, label: string): Uint8Array<ArrayBuffer> {
  const body = new RegExp(
    `^-----BEGIN ${label}-----\\s([A-Za-z0-9+/=\\s]{1,4096})-----END ${label}-----\\s*$`,
  ).exec(pem);
  const der = decodeBase64((body?.[1] ?? "").replace(/\s/g, ""));
  if (der === undefined || der.length === 0) throw notAKey();
  return der;
}

function notAKey(options: ErrorOptions = {}): LoraError {
  return new LoraError("KEY_INVALID", "this is not an ECDSA P-256 key in PEM", options);
}
