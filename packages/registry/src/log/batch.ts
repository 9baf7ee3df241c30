// SPDX-License-Identifier: Apache-2.0
/**
 * What a batch makes of the log: places, chains, hashes and proofs. Nothing but arithmetic, so the same entries after
 * the same log always make the same batch, whichever process makes it, and however often.
 */
import {
  formatLogEntry,
  growTree,
  type Hash,
  type HashReader,
  hashLeaf,
  hashNode,
  type LogEntry,
  parseLogEntry,
  proveInclusion,
  rootOfEdge,
  type Subtree,
  TILE_HEIGHT,
  type TileHash,
  type Tree,
  type TreeEdge,
} from "@lora/client/transparency";

export interface PendingRow {
  id: number;
  subject: string;
  /** A NewLogEntry. */
  entry: Record<string, string | number | null>;
  /** For webhooks: a Holder, and why. */
  actor?: Record<string, string | number> | null;
  reason?: string | null;
}

/** The last entry of a subject's chain. */
export interface ChainEnd {
  index: number;
  seq: number;
}

export interface PlacedEntry {
  index: number;
  pendingId: number;
  subject: string;
  entry: LogEntry;
  /** What is hashed. */
  bytes: Uint8Array<ArrayBuffer>;
  /** That it is in the batch's tree. */
  proof: Hash[];
}

export interface Batch {
  tree: Tree;
  edge: TreeEdge;
  entries: PlacedEntry[];
  /** All that the tree has and the one before it had not. */
  hashes: TileHash[];
}

/** @param ends of every subject of the batch that has entries already */
export async function makeBatch(
  edge: TreeEdge,
  pending: readonly PendingRow[],
  ends: ReadonlyMap<string, ChainEnd>,
): Promise<Batch> {
  const chains = new Map(ends);
  const placed = pending.map(({ id, subject, entry: acted }, i) => {
    const index = edge.size + i;
    const end = chains.get(subject);
    const seq = end === undefined ? 0 : end.seq + 1;
    chains.set(subject, { index, seq });
    const settled = { ...acted, v: 1, seq, prev: end?.index ?? null };
    const whole = acted.t === "key.revoke" ? { validBefore: index, ...settled } : settled;
    const bytes = formatLogEntry(whole as unknown as LogEntry);
    // What cannot be read back must not get in: it would stay for ever.
    return { index, pendingId: id, subject, bytes, entry: parseLogEntry(bytes) };
  });
  const grown = growTree(
    edge,
    placed.map(({ bytes }) => hashLeaf(bytes)),
  );
  const tree = { size: grown.edge.size, root: rootOfEdge(grown.edge) };
  const reader = hashesOf(edge, grown.hashes);
  const entries: PlacedEntry[] = [];
  for (const entry of placed) {
    entries.push({ ...entry, proof: await proveInclusion(entry.index, tree.size, reader) });
  }
  return { tree, edge: grown.edge, entries, hashes: grown.hashes };
}

/** The proofs of a batch's entries need no hash but the edge's before it and those that it brings. */
function hashesOf(edge: TreeEdge, added: readonly TileHash[]): HashReader {
  const slots = new Map<string, Hash>();
  edge.levels.forEach((hashes, level) => {
    const first = Math.floor(edge.size / 2 ** (TILE_HEIGHT * (level + 1))) * 2 ** TILE_HEIGHT;
    hashes.forEach((hash, i) => {
      slots.set(`${level}/${first + i}`, hash);
    });
  });
  for (const { level, index, hash } of added) slots.set(`${level}/${index}`, hash);
  const nodes = new Map<string, Hash>();
  const hashOf = ({ height, index }: Subtree): Hash => {
    const key = `${height}/${index}`;
    const known =
      nodes.get(key) ??
      (height % TILE_HEIGHT === 0 ? slots.get(`${height / TILE_HEIGHT}/${index}`) : undefined);
    if (known !== undefined) return known;
    if (height % TILE_HEIGHT === 0) throw new RangeError(`no hash ${key} at the edge of the log`);
    const left = hashOf({ height: height - 1, index: index * 2 });
    const hash = hashNode(left, hashOf({ height: height - 1, index: index * 2 + 1 }));
    nodes.set(key, hash);
    return hash;
  };
  return { readHashes: async (subtrees) => subtrees.map(hashOf) };
}
