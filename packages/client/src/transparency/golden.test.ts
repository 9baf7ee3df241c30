// SPDX-License-Identifier: Apache-2.0
/** The golden vector: a log of three leaves under a key that everybody has, byte for byte. */
import { describe, expect, it } from "vitest";
import { formatCheckpoint } from "./checkpoint.ts";
import { decodeHash, type Hash } from "./hash.ts";
import { isInclusionProof, proveInclusion } from "./inclusion-proof.ts";
import { memoryLog } from "./memory-log.test.support.ts";
import { hashLeaf, rootOfHashes } from "./merkle-tree.ts";
import { formatNote } from "./note.ts";
import { formatVerifierKey, parseSignerKey, signerKey } from "./note-key.ts";
import { signNote } from "./note-signature.ts";
import { parsePolicy } from "./parse-policy.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const ORIGIN = "lora.example/log";
const PETER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER_KEY = "lora.example/log+e3e305df+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const LEAVES = [
  '{"v":1,"t":"scope.create","scope":"@acme"}',
  '{"v":1,"t":"key.add","scope":"@acme"}',
  '{"v":1,"t":"publish","pkg":"@acme/sql"}',
].map((leaf) => new TextEncoder().encode(leaf));
const CHECKPOINT = `lora.example/log
3
IGsvta1Dfrtq/O9Mrl4nU+1xwnfa0TZsW78Wp6y79Zs=

— lora.example/log 4+MF33ZMXATDCUfOLC7AE21Ky6sqZhr+zLpnLaDKQ/Ws25avA5pI3PSvAlPhMjZ1mrTx5oh3BWXcvIzV+c4dBJNN9gY=
`;
const PROOF_OF_2 = "rjYAzlzxtNtCE8gMdWOg3nogaSpkG1on8q9dAtR299g=";

describe("the golden vector", () => {
  it("gives the log's verifier key for the seed under its name", async () => {
    const key = await signerKey(ORIGIN, "ed25519", (await parseSignerKey(PETER)).seed);
    expect(formatVerifierKey(key)).toBe(VERIFIER_KEY);
  });

  it("gives the signed checkpoint for the three leaves", async () => {
    const key = await signerKey(ORIGIN, "ed25519", (await parseSignerKey(PETER)).seed);
    const root = rootOfHashes(LEAVES.map(hashLeaf));
    const text = formatCheckpoint({ origin: ORIGIN, size: 3, root, extensions: [] });
    expect(formatNote({ text, signatures: [await signNote(text, key)] })).toBe(CHECKPOINT);
  });

  it("verifies under a policy that names the key", async () => {
    const policy = parsePolicy(`log ${VERIFIER_KEY}\nquorum none\n`);
    const checkpoint = await verifyCheckpoint(CHECKPOINT, policy);
    expect(checkpoint).toMatchObject({ origin: ORIGIN, size: 3, note: CHECKPOINT, cosignatures: [] });
  });

  it("proves the last leaf by one hash", async () => {
    const log = memoryLog(LEAVES);
    const proof = await proveInclusion(2, 3, log.hashes());
    expect(proof).toEqual([decodeHash(PROOF_OF_2)]);
    const claim = { index: 2, size: 3, leafHash: hashLeaf(LEAVES[2] as Uint8Array), root: log.tree().root };
    expect(isInclusionProof(proof as Hash[], claim)).toBe(true);
  });
});
