// SPDX-License-Identifier: Apache-2.0
import type { WeightChange } from "../data/weight-change.ts";

const CELL = { width: 18, height: 20 };
const LABEL_WIDTH = 92;
const TOP = 18;
export const SHADES = 8;

/** A row for each kind of module, a column for each layer; the darker, the further the weights moved. */
export function HeatMap({ change, label }: { change: WeightChange; label: string }) {
  const cells = change.tensors.map((tensor) => ({ ...tensor, ...placeOf(tensor.name) }));
  const modules = [...new Set(cells.map(({ module }) => module))].sort();
  const layers = Math.max(0, ...cells.map(({ layer }) => layer)) + 1;
  const highest = Math.max(...cells.map(({ relative }) => relative), Number.MIN_VALUE);
  const width = LABEL_WIDTH + layers * CELL.width;
  const height = TOP + modules.length * CELL.height;
  return (
    <figure>
      <section class="table-scroll heat-frame" tabindex={0} aria-label={label}>
        <svg
          class="heat"
          width={String(width)}
          height={String(height)}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
        >
          <title>{label}</title>
          {Array.from({ length: Math.ceil(layers / 4) }, (_, i) => (
            <text x={LABEL_WIDTH + i * 4 * CELL.width + 2} y="12">
              {i * 4}
            </text>
          ))}
          {modules.map((module, row) => (
            <text x="0" y={TOP + row * CELL.height + 14}>
              {module}
            </text>
          ))}
          {cells.map(({ name, module, layer, relative }) => (
            <rect
              class={`heat-cell heat-${shadeOf(relative, highest)}`}
              x={LABEL_WIDTH + layer * CELL.width}
              y={TOP + modules.indexOf(module) * CELL.height}
              width={CELL.width}
              height={CELL.height}
              rx="2"
            >
              <title>{`${name}: ${(100 * relative).toFixed(1)} %`}</title>
            </rect>
          ))}
        </svg>
      </section>
      <figcaption class="faint heat-legend">
        <span>0 %</span>
        <svg viewBox={`0 0 ${SHADES} 1`} preserveAspectRatio="none" aria-hidden="true">
          {Array.from({ length: SHADES }, (_, shade) => (
            <rect class={`heat-${shade}`} x={shade} width="1" height="1" />
          ))}
        </svg>
        <span>{(100 * highest).toFixed(1)} %</span>
        <span>norm of the difference, of the larger norm; columns are layers</span>
      </figcaption>
    </figure>
  );
}

/** `blk.3.attn_q.weight` → layer 3, `attn_q`; what is in no layer comes first. */
export function placeOf(tensor: string): { layer: number; module: string } {
  const [, layer, module] = /^blk\.(\d+)\.(.+?)(?:\.weight)?$/.exec(tensor) ?? [];
  if (layer === undefined || module === undefined) {
    return { layer: 0, module: tensor.replace(/\.weight$/, "") };
  }
  return { layer: Number(layer), module };
}

/** 0 for what did not move at all, and for nothing else. */
export function shadeOf(relative: number, highest: number): number {
  if (relative <= 0) return 0;
  return Math.max(1, Math.min(SHADES - 1, Math.ceil((relative / highest) * (SHADES - 1))));
}
