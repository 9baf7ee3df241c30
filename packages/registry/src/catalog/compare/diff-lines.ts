// SPDX-License-Identifier: Apache-2.0

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Manifests are short; what is longer is shown as removed and added as a whole. */
const MAX_LINES = 600;

/** The lines of both texts in one list: those of the longest common subsequence once. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  if (Math.max(a.length, b.length) > MAX_LINES) {
    return [...a.map((text) => line("removed", text)), ...b.map((text) => line("added", text))];
  }
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i] as Uint16Array;
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      lines.push(line("same", a[i] ?? ""));
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(line("removed", a[i] ?? ""));
      i += 1;
    } else {
      lines.push(line("added", b[j] ?? ""));
      j += 1;
    }
  }
  return lines;
}

function line(kind: DiffLine["kind"], text: string): DiffLine {
  return { kind, text };
}
