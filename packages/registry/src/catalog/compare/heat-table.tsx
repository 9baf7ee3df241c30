// SPDX-License-Identifier: Apache-2.0
import type { WeightChange } from "../data/weight-change.ts";
import { TableScroll } from "../parts/index.ts";
import { placeOf } from "./heat-map.tsx";

/** The heat map for who does not see it, or has no pointer: its numbers. */
export function HeatTable({ change }: { change: WeightChange }) {
  const cells = change.tensors.map(({ name, relative }) => ({ relative, ...placeOf(name) }));
  const modules = [...new Set(cells.map(({ module }) => module))].sort();
  const layers = [...Map.groupBy(cells, ({ layer }) => layer)].sort(([a], [b]) => a - b);
  return (
    <details class="files">
      <summary>The same as a table</summary>
      <TableScroll label="How far each tensor moved, in per cent">
        <table class="data-table">
          <thead>
            <tr>
              <th scope="col" class="number">
                Layer
              </th>
              {modules.map((module) => (
                <th scope="col" class="number">
                  {module}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map(([layer, row]) => (
              <tr>
                <th scope="row" class="number">
                  {layer}
                </th>
                {modules.map((module) => (
                  <td class="number">{percentOf(row.find((cell) => cell.module === module)?.relative)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}

function percentOf(relative: number | undefined): string {
  return relative === undefined ? "–" : `${(100 * relative).toFixed(1)} %`;
}
