// SPDX-License-Identifier: Apache-2.0
/**
 * DSSE v1 (secure-systems-lab/dsse, protocol.md): what is signed is the pre-authentication encoding
 *
 *     "DSSEv1" SP len(type) SP type SP len(body) SP body       lengths in decimal bytes
 *     DSSEv1 29 http://example.com/HelloWorld 11 hello world
 */
import { derToRaw, rawToDer } from "./ecdsa-der.ts";
import type { KeyHandle } from "./keys.ts";

const ECDSA_SHA256 = { name: "ECDSA", hash: "SHA-256" } as const;

export function preAuthenticationEncoding(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const utf8 = new TextEncoder();
  const typeBytes = utf8.encode(type);
  const head = utf8.encode(`DSSEv1 ${typeBytes.length} ${type} ${body.length} `);
  const encoded = new Uint8Array(head.length + body.length);
  encoded.set(head);
  encoded.set(body, head.length);
  return encoded;
}

/** A DER signature. ECDSA draws a nonce: two signatures of one body differ, so never identify anything by one. */
export async function signDsse(type: string, body: Uint8Array, signKey: KeyHandle): Promise<Uint8Array> {
  const raw = await crypto.subtle.sign(ECDSA_SHA256, signKey, preAuthenticationEncoding(type, body));
  return rawToDer(new Uint8Array(raw));
}

export async function isDsseSignature(
  type: string,
  body: Uint8Array,
  der: Uint8Array,
  verifyKey: KeyHandle,
): Promise<boolean> {
  const raw = derToRaw(der);
  return (
    raw !== undefined &&
    crypto.subtle.verify(ECDSA_SHA256, verifyKey, raw, preAuthenticationEncoding(type, body))
  );
}
