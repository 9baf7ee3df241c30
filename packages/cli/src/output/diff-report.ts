// SPDX-License-Identifier: Apache-2.0
import type { OpenAdapter } from "@lora/client/adapter-file";
import { type AdapterDiff, ROUNDING } from "@lora/client/compare";
import { formatFingerprint } from "@lora/client/fingerprint";
import { printableChunk } from "./printable.ts";
import { formatTable } from "./table.ts";
import { count } from "./units.ts";

/** Names are what people call a base; only fingerprints and architectures tell for certain. */
export function compareBases(first: OpenAdapter, second: OpenAdapter): "same" | "different" | "unknown" {
  const [one, two] = [first.base, second.base];
  if (one.fingerprint !== undefined && two.fingerprint !== undefined)
    return one.fingerprint === two.fingerprint ? "same" : "different";
  const [a, b] = [first.deltas.architecture, second.deltas.architecture];
  if (a !== undefined && b !== undefined && a !== b) return "different";
  return one.name !== undefined && two.name !== undefined && one.name !== two.name ? "different" : "unknown";
}

export function formatDiff(first: OpenAdapter, second: OpenAdapter, diff: AdapterDiff): string {
  const head = formatTable([
    ["adapter", first.name, second.name].map(oneLine),
    ...[describe(first)].flatMap((one) =>
      describe(second).map(([what, two], i) => [what as string, one[i]?.[1] ?? "", two ?? ""].map(oneLine)),
    ),
  ]);
  return [head, "", ...effect(diff)].join("\n");
}

function describe({ base, deltas }: OpenAdapter): string[][] {
  const fingerprint = base.fingerprint === undefined ? "" : ` (${formatFingerprint(base.fingerprint)}…)`;
  return [
    ["base", `${base.name ?? deltas.architecture ?? "?"}${fingerprint}`],
    ["rank", String(deltas.rank)],
    ["alpha", String(deltas.alpha)],
    ["targets", deltas.targets.join(" ")],
    ["tensors", String(deltas.tensors.length)],
  ];
}

function effect(diff: AdapterDiff): string[] {
  if (diff.effect === "same") return ["No difference."];
  if (diff.effect === "rounding")
    return [
      `No difference beyond rounding: ${diff.total.relative.toExponential(1)} of the whole (below ${ROUNDING}).`,
    ];
  const row = (name: string, ranks: string, { norms, absolute, relative }: AdapterDiff["total"]) => [
    oneLine(name),
    ranks,
    ...norms.map((norm) => norm.toPrecision(4)),
    absolute.toPrecision(4),
    relative === 0 ? "0" : relative.toPrecision(3),
  ];
  const { tensors } = diff;
  const lines: string[] = [];
  if (tensors.length > 0) {
    lines.push(
      formatTable([
        ["tensor", "ranks", "norm", "norm", "difference", "relative"],
        ...tensors.map((tensor) => {
          const [one, two] = tensor.ranks;
          return row(tensor.name, one === two ? String(one) : `${one}, ${two}`, tensor);
        }),
        ...(tensors.length > 1 ? [row("all", "", diff.total)] : []),
      ]),
    );
  } else lines.push("They have no tensor in common.");
  const rest: [string, readonly string[]][] = [
    ["Only the first changes", diff.onlyFirst],
    ["Only the second changes", diff.onlySecond],
    ["Of another shape", diff.reshaped],
  ];
  for (const [what, names] of rest) {
    if (names.length === 0) continue;
    lines.push(
      "",
      `${what} (${count(names.length, "tensor")}):`,
      ...names.map((name) => `  ${oneLine(name)}`),
    );
  }
  return lines;
}

/** Paths, and names from files. */
function oneLine(text: string): string {
  return printableChunk(text).replace(/[\n\t]/g, " ");
}
