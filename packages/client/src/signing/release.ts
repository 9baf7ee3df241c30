// SPDX-License-Identifier: Apache-2.0
/** Signing a release and verifying one: the specification of docs/trust.md, a step a line. */
import { type Sha256, sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { bareNameOf, type PackageName } from "../names.ts";
import { formatBundle, parseBundle } from "./bundle.ts";
import { isDsseSignature, signDsse } from "./dsse.ts";
import { importPublicKey, importSigningKey } from "./keys.ts";
import { formatStatement, PAYLOAD_TYPE, parseStatement, type ReleaseFile } from "./statement.ts";

export interface SignedRelease {
  /** sha256 of the signed payload: what index, lockfile and log carry. */
  id: Sha256;
  keyId: Sha256;
  bareName: string;
  /** In code-point order of their names. */
  files: ReleaseFile[];
}

/** @throws LoraError KEY_INVALID */
export async function signRelease(release: {
  name: PackageName;
  files: readonly ReleaseFile[];
  privatePem: string;
}): Promise<{ bundle: string; id: Sha256; keyId: Sha256 }> {
  const key = await importSigningKey(release.privatePem);
  const payload = formatStatement(bareNameOf(release.name), release.files);
  const signatureDer = await signDsse(PAYLOAD_TYPE, payload, key.signKey);
  return {
    bundle: formatBundle({ keyId: key.keyId, payload, signatureDer }),
    id: sha256Of(payload),
    keyId: key.keyId,
  };
}

/**
 * Bundle and keys both come from a registry: the caller decides which keys may sign before it passes them.
 * Says who signed which files; that lora.json among them is the one asked for is the caller's next check.
 * @throws LoraError BUNDLE_INVALID, KEY_UNKNOWN, KEY_INVALID, SIGNATURE_INVALID
 */
export async function verifyReleaseBundle(
  text: string | Uint8Array,
  keys: readonly { keyId: Sha256; pem: string }[],
): Promise<SignedRelease> {
  const bundle = parseBundle(text);
  const named = keys.find((key) => key.keyId === bundle.keyId);
  if (named === undefined) {
    throw new LoraError(
      "KEY_UNKNOWN",
      `the release is signed by key ${bundle.keyId.slice(0, 12)}, which is not among the keys of its scope`,
      {
        details: { keyId: bundle.keyId, keys: keys.map((key) => key.keyId) },
      },
    );
  }
  const key = await importPublicKey(named.pem);
  // The PEM is the registry's: a substituted key must not hide behind the id of another.
  if (key.keyId !== bundle.keyId) {
    throw new LoraError("KEY_INVALID", `the key offered as ${bundle.keyId.slice(0, 12)} is another key`);
  }
  if (!(await isDsseSignature(PAYLOAD_TYPE, bundle.payload, bundle.signatureDer, key.verifyKey))) {
    throw new LoraError(
      "SIGNATURE_INVALID",
      `the release's signature does not verify with key ${bundle.keyId.slice(0, 12)}`,
    );
  }
  return { id: sha256Of(bundle.payload), keyId: bundle.keyId, ...parseStatement(bundle.payload) };
}
