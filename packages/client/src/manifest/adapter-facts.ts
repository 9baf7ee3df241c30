// SPDX-License-Identifier: Apache-2.0
/** What lora.json says of an adapter file, beside what is in the file. */

export interface AdapterFacts {
  rank: number;
  alpha: number;
  targets: readonly string[];
}

export interface DifferingFact {
  fact: keyof AdapterFacts;
  said: number | readonly string[];
  found: number | readonly string[];
}

/**
 * The first of rank, alpha and targets in which both differ. What is not said agrees. Targets have no order, and the
 * file holds alpha as a 32-bit float: JSON may spell the same number shorter.
 */
export function differingFact(
  said: { [Fact in keyof AdapterFacts]?: AdapterFacts[Fact] | undefined },
  found: AdapterFacts,
): DifferingFact | undefined {
  if (said.rank !== undefined && said.rank !== found.rank)
    return { fact: "rank", said: said.rank, found: found.rank };
  if (said.alpha !== undefined && Math.fround(said.alpha) !== Math.fround(found.alpha))
    return { fact: "alpha", said: said.alpha, found: found.alpha };
  if (said.targets === undefined) return undefined;
  const [ours, theirs] = [said.targets.toSorted(), found.targets.toSorted()];
  const isSame = ours.length === theirs.length && ours.every((target, i) => target === theirs[i]);
  return isSame ? undefined : { fact: "targets", said: ours, found: theirs };
}
