// SPDX-License-Identifier: Apache-2.0
/**
 * Which scopes a hasty reader takes for one another. A scope that looks like another is how a typing slip installs
 * somebody else's weights, so the registry gives out only one of them.
 *
 *     @acme-labs  @acmelabs          hyphens are not seen
 *     @micro  @rnicro  @m1cro        rn reads as m, vv as w, 1 and i as l, 0 as o
 *     @models  @model  @modesl       one letter more, less or other, or two swapped, from five letters on
 *     @team1  @team2                 differ in a digit: numbered on purpose, so fine
 */
import type { ScopeName } from "@lora/client/names";

const SHORTEST_WITH_SLIPS = 5;

/** What a scope looks like: equal skeletons look the same. */
export function skeletonOf(scope: ScopeName): string {
  return scope
    .slice(1)
    .replaceAll("-", "")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll(/[1i]/g, "l")
    .replaceAll("0", "o");
}

/** Whether two scopes look alike; a scope looks like itself. */
export function areConfusable(a: ScopeName, b: ScopeName): boolean {
  if (skeletonOf(a) === skeletonOf(b)) return true;
  const [left, right] = [a.slice(1).replaceAll("-", ""), b.slice(1).replaceAll("-", "")];
  return Math.min(left.length, right.length) >= SHORTEST_WITH_SLIPS && isOneSlip(left, right);
}

/** Whether one inserted, dropped or replaced letter, or one swap of neighbours, makes one of the other. */
function isOneSlip(left: string, right: string): boolean {
  if (left.length > right.length) return isOneSlip(right, left);
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < left.length - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const [was, is] = [left.slice(start, left.length - end), right.slice(start, right.length - end)];
  if (/\d/.test(was + is)) return false;
  if (was.length <= 1 && is.length === 1) return true;
  return was.length === 2 && is.length === 2 && was[0] === is[1] && was[1] === is[0];
}
