// SPDX-License-Identifier: Apache-2.0
/**
 * The sigstore bundle v0.3 around a signed statement, with a plain public key and no outside log.
 *
 *     {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",
 *      "verificationMaterial":{"publicKey":{"hint":"<KEYID>"},"tlogEntries":[]},
 *      "dsseEnvelope":{"payload":"<b64>","payloadType":"application/vnd.in-toto+json",
 *                      "signatures":[{"sig":"<b64 DER>","keyid":""}]}}
 *
 * Anything else that a sigstore bundle may hold is refused: nothing here would check it.
 */
import { z } from "zod";
import { isSha256, type Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { PAYLOAD_TYPE } from "./statement.ts";

export const MAX_BUNDLE_BYTES = 256 * 1024;

const bundleSchema = z.strictObject({
  mediaType: z.literal("application/vnd.dev.sigstore.bundle.v0.3+json"),
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string().refine(isSha256, "is not a key id") }),
    tlogEntries: z.array(z.never()).max(0),
  }),
  dsseEnvelope: z.strictObject({
    payload: z.string(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.tuple([z.strictObject({ sig: z.string(), keyid: z.literal("") })]),
  }),
});

export interface Bundle {
  keyId: Sha256;
  /** The statement's bytes: not to be parsed before the signature is verified. */
  payload: Uint8Array<ArrayBuffer>;
  signatureDer: Uint8Array<ArrayBuffer>;
}

export function formatBundle(bundle: {
  keyId: Sha256;
  payload: Uint8Array;
  signatureDer: Uint8Array;
}): string {
  const value: z.input<typeof bundleSchema> = {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { publicKey: { hint: bundle.keyId }, tlogEntries: [] },
    dsseEnvelope: {
      payload: encodeBase64(bundle.payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: encodeBase64(bundle.signatureDer), keyid: "" }],
    },
  };
  return JSON.stringify(value);
}

/** @throws LoraError BUNDLE_INVALID */
export function parseBundle(text: string | Uint8Array, source = "the signature bundle"): Bundle {
  if (text.length > MAX_BUNDLE_BYTES)
    throw new LoraError("BUNDLE_INVALID", `${source} is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const { verificationMaterial, dsseEnvelope } = parseWith(bundleSchema, parseJson(text, source), {
    code: "BUNDLE_INVALID",
    source,
  });
  const payload = decodeBase64(dsseEnvelope.payload);
  const signatureDer = decodeBase64(dsseEnvelope.signatures[0].sig);
  if (payload === undefined || signatureDer === undefined) {
    throw new LoraError("BUNDLE_INVALID", `${source} has text that is not canonical base64`);
  }
  return { keyId: verificationMaterial.publicKey.hint as Sha256, payload, signatureDer };
}

function parseJson(text: string | Uint8Array, source: string): unknown {
  try {
    return parseStrictJson(text, source);
  } catch (error) {
    throw new LoraError("BUNDLE_INVALID", error instanceof Error ? error.message : source, { cause: error });
  }
}
