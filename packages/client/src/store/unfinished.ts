// SPDX-License-Identifier: Apache-2.0
/** What lies at a temporary path when somebody presses Ctrl-C is removed; only a crash leaves it. */
import { rmSync } from "node:fs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const unfinished = new Set<string>();

/**
 * Until it is disposed of, a signal that ends the process removes the file or directory first.
 * @param path may not be there yet; something of its own name, never a person's
 */
export function removeOnSignal(path: string): Disposable {
  if (unfinished.size === 0) for (const signal of SIGNALS) process.on(signal, removeAll);
  unfinished.add(path);
  return {
    [Symbol.dispose]() {
      unfinished.delete(path);
      if (unfinished.size === 0) stopListening();
    },
  };
}

function removeAll(signal: NodeJS.Signals): void {
  // Whoever else listens decides whether this is the end, and comes to the usual clean-up where it is.
  if (process.listenerCount(signal) > 1) return;
  for (const path of unfinished) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process ends all the same.
    }
  }
  stopListening();
  // With nobody listening it does what it always does: a shell is told what ended the command.
  process.kill(process.pid, signal);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, removeAll);
}
