// SPDX-License-Identifier: Apache-2.0
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
} from "./add-checkpoint.ts";
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
export { compareCheckpoints } from "./compare-checkpoints.ts";
export { isConsistencyProof, proveConsistency } from "./consistency-proof.ts";
export { formatEntryBundle, MAX_BUNDLE_BYTES, MAX_ENTRY_BYTES, parseEntryBundle } from "./entry-bundle.ts";
export { assertFresh, DEFAULT_MAX_AGE_SECONDS, MAX_CLOCK_SKEW_SECONDS } from "./freshness.ts";
export { decodeHash, HASH_BYTES, type Hash, hashesEqual, isHash } from "./hash.ts";
export { type InclusionClaim, isInclusionProof, proveInclusion } from "./inclusion-proof.ts";
export {
  formatLogEntry,
  isNextEntry,
  type LogEntry,
  type LogEntryType,
  MAX_LOG_ENTRY_BYTES,
  parseLogEntry,
  subjectOf,
} from "./log-entry.ts";
export { isLogEvidence, type LogEvidence } from "./log-evidence.ts";
export { EMPTY_ROOT, hashLeaf, hashNode, MAX_TREE_SIZE, rootOfHashes, type Tree } from "./merkle-tree.ts";
export {
  addSignatures,
  formatNote,
  formatSignatureLines,
  MAX_NOTE_BYTES,
  MAX_SIGNATURES,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
} from "./note.ts";
export {
  formatSignerKey,
  formatVerifierKey,
  type NoteKeyKind,
  parseSignerKey,
  parseVerifierKey,
  type SignerKey,
  signerKey,
  type VerifierKey,
  verifierKey,
} from "./note-key.ts";
export { cosignCheckpoint, signNote, type VerifiedSignature, verifyNote } from "./note-signature.ts";
export { MAX_POLICY_BYTES, parsePolicy } from "./parse-policy.ts";
export {
  formatPolicy,
  isQuorum,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyMember,
  type PolicyWitness,
} from "./policy.ts";
export { formatReceipt, MAX_PROOF_HASHES, MAX_RECEIPT_BYTES, parseReceipt, type Receipt } from "./receipt.ts";
export {
  type HashReader,
  type LeafRange,
  readRanges,
  rootOfSubtrees,
  type Subtree,
  subtreesOf,
} from "./subtrees.ts";
export {
  bundleOf,
  type EntryBundle,
  edgeTiles,
  FULL_TILE_BYTES,
  formatTile,
  parseTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  type Tile,
  tileOf,
  tilesBetween,
} from "./tile.ts";
export { formatTilePath, parseTilePath } from "./tile-path.ts";
export { readEdge, readEntryBundle, type TileReader, tileHashReader } from "./tile-reader.ts";
export { EMPTY_EDGE, growTree, rootOfEdge, type TileHash, type TreeEdge } from "./tree-edge.ts";
export { type Cosignature, type VerifiedCheckpoint, verifyCheckpoint } from "./verify-checkpoint.ts";
export { type ExpectedEntry, type LoggedEntry, verifyReceipt } from "./verify-receipt.ts";
