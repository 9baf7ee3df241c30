// SPDX-License-Identifier: Apache-2.0
import { packagePath } from "../paths.ts";
import type { DependencyGraph, GraphNode } from "./read-graph.ts";

const NODE = { width: 200, height: 44 };
const GAP = { x: 72, y: 16 };
const MARGIN = 8;
/** Rows above a short column beside a tall one: further down nobody would see where the graph begins. */
const MAX_ROWS_ABOVE = 4;
/** Of a name, so that it stays in its box; the title has it whole. */
const MAX_LABEL = 25;

interface Place {
  x: number;
  y: number;
}

/** Layers from left to right. Every box is a link, so the keyboard reaches all of them in the order of the layers. */
export function GraphPicture({ graph }: { graph: DependencyGraph }) {
  const places = placeNodes(graph);
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + NODE.width + MARGIN;
  const height = Math.max(...all.map(({ y }) => y)) + NODE.height + MARGIN;
  const inOrder = graph.nodes.toSorted((a, b) => a.layer - b.layer);
  return (
    <nav class="graph-scroll" aria-label="Dependency graph">
      <svg class="graph" width={String(width)} height={String(height)} viewBox={`0 0 ${width} ${height}`}>
        <title>What needs what</title>
        <g>
          {graph.edges.map(({ from, to, isOptional }) => {
            const [a, b] = [places.get(from), places.get(to)];
            if (a === undefined || b === undefined) return null;
            return <path class={isOptional ? "edge edge-optional" : "edge"} d={curve(a, b)} />;
          })}
        </g>
        {inOrder.map((node) => (
          <Node node={node} place={places.get(node.name) as Place} isRoot={node.layer === 0} />
        ))}
      </svg>
    </nav>
  );
}

function Node({ node, place, isRoot }: { node: GraphNode; place: Place; isRoot: boolean }) {
  const slash = node.name.indexOf("/") + 1;
  const label = node.name.slice(slash);
  return (
    <a href={packagePath(node.name)} class={isRoot ? "node node-root" : "node"}>
      <title>{`${node.name} ${node.version ?? "(no version fits)"}`}</title>
      <rect x={place.x} y={place.y} width={NODE.width} height={NODE.height} rx="8" />
      <text x={place.x + 12} y={place.y + 18} class="node-scope">
        {cut(node.name.slice(0, slash))}
        <tspan class="node-version" dx="6">
          {node.version ?? "?"}
        </tspan>
      </text>
      <text x={place.x + 12} y={place.y + 35} class="node-name">
        {cut(label)}
      </text>
    </a>
  );
}

function placeNodes({ nodes }: DependencyGraph): Map<string, Place> {
  const layers = Map.groupBy(nodes, ({ layer }) => layer);
  const columns = [...layers.entries()].sort(([a], [b]) => a - b).map(([, column]) => column);
  const tallest = Math.max(...columns.map((column) => column.length));
  const step = NODE.height + GAP.y;
  const places = new Map<string, Place>();
  for (const [i, column] of columns.entries()) {
    const top = MARGIN + Math.min((tallest - column.length) / 2, MAX_ROWS_ABOVE) * step;
    for (const [j, { name }] of column.entries()) {
      places.set(name, { x: MARGIN + i * (NODE.width + GAP.x), y: top + j * step });
    }
  }
  return places;
}

function curve(a: Place, b: Place): string {
  const [x1, y1] = [a.x + NODE.width, a.y + NODE.height / 2];
  const [x2, y2] = [b.x, b.y + NODE.height / 2];
  const bend = Math.max(GAP.x / 2, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function cut(text: string): string {
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
}
