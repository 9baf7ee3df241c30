// SPDX-License-Identifier: Apache-2.0
import type { PackageIndex } from "@lora/client/documents";
import {
  isVersionRange,
  newestVersion,
  satisfies,
  type Version,
  type VersionRange,
} from "@lora/client/versions";
import { and, inArray } from "drizzle-orm";
import { type Queryable, tables } from "../../database/index.ts";

import type { Reader } from "../data/reader.ts";

export interface GraphNode {
  name: string;
  /** The newest that the first range asks for; undefined where there is none. */
  version: string | undefined;
  /** Steps from the root, the most where there are several ways. */
  layer: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  range: string;
  isOptional: boolean;
}

export interface DependencyGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** There are more packages than a picture can show. */
  isCut: boolean;
}

const MAX_NODES = 60;
/** Deeper graphs are cut: each layer is a query. */
const MAX_LAYERS = 8;

/** What an install of today would bring, roughly: the newest of each range, without looking at the model. */
export async function readGraph(
  db: Queryable,
  root: PackageIndex,
  version: Version,
  reader: Reader,
): Promise<DependencyGraph> {
  const nodes = new Map<string, GraphNode>([[root.name, { name: root.name, version, layer: 0 }]]);
  const edges: GraphEdge[] = [];
  let isCut = false;
  let front: { index: PackageIndex; version: Version }[] = [{ index: root, version }];
  for (let layer = 1; front.length > 0; layer += 1) {
    const asked = new Map<string, string>();
    for (const { index, version: own } of front) {
      for (const edge of edgesOf(index, own)) {
        edges.push(edge);
        if (!nodes.has(edge.to) && !asked.has(edge.to)) asked.set(edge.to, edge.range);
      }
    }
    const room = layer > MAX_LAYERS ? 0 : MAX_NODES - nodes.size;
    const names = [...asked.keys()];
    isCut ||= names.length > room;
    front = [];
    const indexes = await readIndexes(db, names.slice(0, room), reader);
    for (const name of names.slice(0, room)) {
      const index = indexes.get(name);
      const chosen = index === undefined ? undefined : choose(index, asked.get(name) ?? "*");
      nodes.set(name, { name, version: chosen, layer });
      if (index !== undefined && chosen !== undefined) front.push({ index, version: chosen });
    }
  }
  const shown = edges.filter(({ from, to }) => nodes.has(from) && nodes.has(to));
  deepen(nodes, shown);
  return { nodes: [...nodes.values()], edges: shown, isCut };
}

function edgesOf(index: PackageIndex, version: Version): GraphEdge[] {
  const entry = index.versions[version];
  if (entry === undefined) return [];
  const list = (dependencies: object, isOptional: boolean) =>
    Object.entries(dependencies as Record<string, { range: string }>).map(([to, { range }]) => ({
      from: index.name as string,
      to,
      range,
      isOptional,
    }));
  return [...list(entry.dependencies, false), ...list(entry.optionalDependencies, true)];
}

function choose(index: PackageIndex, range: string): string & Version {
  if (!isVersionRange(range)) return index.distTags[range] as Version;
  const fitting = (Object.keys(index.versions) as Version[]).filter(
    (version) => index.versions[version]?.yanked === undefined && satisfies(version, range as VersionRange),
  );
  return newestVersion(fitting) as Version;
}

async function readIndexes(
  db: Queryable,
  names: readonly string[],
  { packages: visible }: Reader,
): Promise<Map<string, PackageIndex>> {
  if (names.length === 0) return new Map();
  const { packages } = tables;
  const rows = await db
    .select({ name: packages.name, text: packages.indexText })
    .from(packages)
    .where(and(inArray(packages.name, [...names]), visible));
  // A package whose first version waits for the log has no index yet.
  const written = rows.filter(({ text }) => text !== "");
  return new Map(written.map(({ name, text }) => [name, JSON.parse(text) as PackageIndex]));
}

/** Puts each package behind all that ask for it. Packages that ask for each other in a circle stay where they are. */
function deepen(nodes: Map<string, GraphNode>, edges: readonly GraphEdge[]): void {
  for (let round = 0; round < nodes.size; round += 1) {
    let isMoved = false;
    for (const { from, to } of edges) {
      const [above, below] = [nodes.get(from), nodes.get(to)];
      if (above === undefined || below === undefined || below.layer > above.layer) continue;
      if (above.layer + 1 >= nodes.size) continue;
      below.layer = above.layer + 1;
      isMoved = true;
    }
    if (!isMoved) return;
  }
}
