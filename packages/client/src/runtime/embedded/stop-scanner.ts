// SPDX-License-Identifier: Apache-2.0

export interface StopScanner {
  /** Text that is certain to belong to the answer; what could be the beginning of a stop text is held back. */
  push(text: string): string;
  /** What was held back, at the end of the answer. */
  flush(): string;
  readonly stopped: boolean;
}

/** Ends an answer that comes in pieces before the first of the stop texts, however they are cut. Empty ones never match. */
export function createStopScanner(stops: readonly string[]): StopScanner {
  const wanted = stops.filter((stop) => stop !== "");
  let held = "";
  let stopped = false;

  return {
    get stopped() {
      return stopped;
    },
    push(text) {
      if (stopped) return "";
      held += text;
      const places = wanted.map((stop) => held.indexOf(stop)).filter((place) => place >= 0);
      if (places.length > 0) {
        stopped = true;
        const answer = held.slice(0, Math.min(...places));
        held = "";
        return answer;
      }
      const keep = Math.max(0, ...wanted.map((stop) => overlap(held, stop)));
      const answer = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return answer;
    },
    flush() {
      const answer = held;
      held = "";
      return answer;
    },
  };
}

/** Length of the longest end of `text` with which `stop` begins, less than all of it. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
  return length;
}
