// SPDX-License-Identifier: Apache-2.0
/** One line on stderr that is written over while something goes on; nothing at all where stderr is no terminal. */
import { formatBytes } from "./units.ts";

const BAR_CELLS = 24;
const MIN_INTERVAL_MS = 80;

export interface ProgressLine {
  say(text: string): void;
  bytes(label: string, doneBytes: number, totalBytes: number): void;
  /** Leaves the line empty. */
  end(): void;
}

export function openProgressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  if (!stream.isTTY) return { say: () => {}, bytes: () => {}, end: () => {} };
  let lastMs = 0;
  let first: { atMs: number; bytes: number } | undefined;
  const write = (text: string) => stream.write(`\r\u001b[K${text.slice(0, Math.max(1, stream.columns - 1))}`);
  return {
    say: write,
    bytes(label, doneBytes, totalBytes) {
      const now = performance.now();
      first ??= { atMs: now, bytes: doneBytes };
      if (now - lastMs < MIN_INTERVAL_MS && doneBytes < totalBytes) return;
      lastMs = now;
      const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
      const filled = Math.round(share * BAR_CELLS);
      const bar = "█".repeat(filled) + "░".repeat(BAR_CELLS - filled);
      const seconds = (now - first.atMs) / 1000;
      const rate = seconds < 0.5 ? "" : `  ${formatBytes((doneBytes - first.bytes) / seconds)}/s`;
      write(`${label} ${bar} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${rate}`);
    },
    end: () => write(""),
  };
}
