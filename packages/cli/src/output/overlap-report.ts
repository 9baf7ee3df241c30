// SPDX-License-Identifier: Apache-2.0
import type { PairOverlap, TensorOverlap } from "@lora/client/compare";
import { paint } from "./paint.ts";
import { formatTable } from "./table.ts";

/** From so much on each; below the first, both change the tensor and share next to nothing. */
const SHADES = [
  { from: 0.5, cell: "█", style: "red" },
  { from: 0.2, cell: "▓", style: "red" },
  { from: 0.1, cell: "▒", style: "yellow" },
  { from: 0.05, cell: "░", style: "green" },
  { from: 0, cell: "·", style: "green" },
] as const;

const VERDICTS: Readonly<Record<PairOverlap["verdict"], string>> = {
  apart: "",
  fight: "will fight",
  same: "do the same",
  opposite: "undo one another",
};

export function formatOverlap(pairs: readonly PairOverlap[]): string {
  if (pairs.length === 0) return "There are no two abilities to compare.";
  const table = formatTable([
    ["abilities", "alike", "of chance", "cosine", "tensors", ""],
    ...pairs.map((pair) => [
      `${pair.first} + ${pair.second}`,
      percent(pair.alike),
      pair.lift === undefined ? "" : `${pair.lift.toFixed(1)} ×`,
      pair.cosine.toFixed(2),
      String(pair.tensors.length),
      pair.verdict === "apart" ? "" : paint("red", VERDICTS[pair.verdict], process.stdout),
    ]),
  ]);
  const maps = pairs.filter(({ tensors }) => tensors.length > 0).map(heatMap);
  return [table, ...maps, ...(maps.length > 0 ? [legend()] : [])].join("\n\n");
}

/** A table for each pair, a row for each tensor that both change. */
export function formatTensors(pairs: readonly PairOverlap[]): string {
  const tables = pairs
    .filter(({ tensors }) => tensors.length > 0)
    .map(({ first, second, tensors }) =>
      formatTable([
        [`${first} + ${second}`, "smallest angle", "shared", "by chance", "alike", "cosine"],
        ...tensors.map(({ tensor, smallestAngle, shared, sharedByChance, alike, cosine }) => [
          tensor,
          `${smallestAngle.toFixed(1)}°`,
          ...[shared, sharedByChance, alike].map(percent),
          cosine.toFixed(2),
        ]),
      ]),
    );
  return tables.length === 0 ? "No two abilities change a tensor in common." : tables.join("\n\n");
}

/** Undefined where nothing speaks against the pair. */
export function warningOf({ first, second, verdict, alike, lift, cosine }: PairOverlap): string | undefined {
  const both = `${first} and ${second}`;
  if (verdict === "same")
    return `${both} do the same (cosine ${cosine.toFixed(2)}): together they do it too strongly; remove one`;
  if (verdict === "opposite") return `${both} undo one another (cosine ${cosine.toFixed(2)}): remove one`;
  if (verdict === "apart") return undefined;
  const beside = lift === undefined ? "" : `, ${lift.toFixed(1)} × what chance gives`;
  return `${both} will probably fight: what they write is ${percent(alike)} alike${beside}; try them with lora run, or lower one's scale`;
}

function heatMap({ first, second, tensors }: PairOverlap): string {
  const rows = new Map<string, Map<number, TensorOverlap>>();
  let layers = 0;
  for (const overlap of tensors) {
    const [, layer, module = overlap.tensor] = /\bblk\.(\d+)\.(.+)\.weight$/.exec(overlap.tensor) ?? [];
    const row = rows.get(module) ?? new Map<number, TensorOverlap>();
    row.set(Number(layer ?? 0), overlap);
    rows.set(module, row);
    layers = Math.max(layers, Number(layer ?? 0) + 1);
  }
  const lines = [...rows].sort().map(([module, row]) => {
    const cells = Array.from({ length: layers }, (_, layer) => shade(row.get(layer)));
    const strongest = Math.max(...[...row.values()].map(({ alike }) => alike));
    return [`  ${module.replace(/\.weight$/, "")}`, cells.join(""), percent(strongest)];
  });
  const ruler = Array.from({ length: layers }, (_, layer) => (layer % 10 === 0 ? String(layer / 10) : " "));
  return [
    `${first} + ${second}, by layer`,
    formatTable([...(layers > 10 ? [["", ruler.join(""), ""]] : []), ...lines]),
  ].join("\n");
}

function shade(overlap: TensorOverlap | undefined): string {
  const found = overlap === undefined ? undefined : SHADES.find(({ from }) => overlap.alike >= from);
  return found === undefined ? " " : paint(found.style, found.cell, process.stdout);
}

function legend(): string {
  const [full, high, some, little, none] = SHADES;
  return (
    `${none.cell} below 5 % alike  ${little.cell} from 5 %  ${some.cell} from 10 %  ${high.cell} from 20 %  ` +
    `${full.cell} from 50 %; behind each row its most`
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
