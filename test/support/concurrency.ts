// SPDX-License-Identifier: Apache-2.0

/** Runs `work` for each item, at most `width` at a time; the results in the order of the items. */
export async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next;
      next += 1;
      results[i] = await work(items[i] as Item);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
