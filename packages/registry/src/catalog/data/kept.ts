// SPDX-License-Identifier: Apache-2.0
/**
 * Sums over all packages, which change little and cost much. They are kept for as long as a page may be kept by a cache, and
 * read anew by one request at a time while the others get what there was. Never anything that names a package: who
 * made one private is to find it gone at once.
 */

const KEPT_MS = 10_000;
const MAX_KEPT = 100;

interface Kept<Value> {
  value: Value;
  readAtMs: number;
}

export function keepSums<Value>(now = () => performance.now()) {
  const kept = new Map<string, Kept<Value>>();
  const running = new Map<string, Promise<Value>>();
  return async (key: string, read: () => Promise<Value>): Promise<Value> => {
    const known = kept.get(key);
    if (known !== undefined && now() - known.readAtMs < KEPT_MS) return known.value;
    let reading = running.get(key);
    if (reading === undefined) {
      reading = read()
        .then((value) => {
          kept.delete(key);
          kept.set(key, { value, readAtMs: now() });
          if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as string);
          return value;
        })
        .finally(() => running.delete(key));
      running.set(key, reading);
      // A failure is seen by whoever waits for it.
      reading.catch(() => {});
    }
    return known === undefined ? reading : known.value;
  };
}
