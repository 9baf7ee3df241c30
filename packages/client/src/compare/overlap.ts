// SPDX-License-Identifier: Apache-2.0
/**
 * Whether abilities of one stack will fight, from their weights alone.
 *
 * Abilities are added up, so two of them disturb one another where both write to the same directions. Measured on
 * abilities of which it is known which do (docs/overlap.md), the sign of it is what they write to the residual stream
 * (`residual.ts`): it told the pairs apart in both versions of the base, single tensors did not.
 */
import { LoraError } from "../errors.ts";
import { readCompact } from "./compact.ts";
import type { AdapterDeltas, DeltaTensor } from "./delta.ts";
import type { Rows } from "./gram.ts";
import {
  type MeasuredDelta,
  measureDelta,
  overlapDeltas,
  ratio,
  type TensorOverlap,
} from "./overlap-tensor.ts";
import {
  addWritten,
  nothingWritten,
  probesOf,
  residualOverlap,
  type Written,
  writesToResidual,
} from "./residual.ts";

/** Of `alike`. Pairs that go together were measured up to 0.13, pairs that fight from 0.25 on. */
export const FIGHT_ALIKE = 0.2;
/** Wide adapters are alike by chance: it must be more than that. Measured up to 1.2, and from 1.48 on. */
export const FIGHT_LIFT = 1.35;
/** Of the cosine of all weights: above, they do the same or the opposite rather than two things. */
export const SAME_COSINE = 0.5;

export interface StackMember {
  name: string;
  /** Of the stack; its sign turns what the adapter does. */
  scale: number;
  deltas: AdapterDeltas;
}

export type Verdict = "apart" | "fight" | "same" | "opposite";

export interface PairOverlap {
  first: string;
  second: string;
  verdict: Verdict;
  /** Where they meet: the residual stream, or, where one of them never writes there, the tensors that both change. */
  measuredIn: "residual" | "tensors" | "nothing";
  /** 0 to 1: how alike the directions are that both write, weighted by strength. */
  alike: number;
  /** Beside directions that are chosen at random: 1 is chance. Of the residual stream only. */
  lift: number | undefined;
  /** Of everything that both change, -1 to 1. */
  cosine: number;
  /** Both adapters' strength: the norm of all they add, with the scales of the stack. */
  norms: readonly [number, number];
  tensors: TensorOverlap[];
}

interface Member extends StackMember {
  byName: Map<string, DeltaTensor>;
  written: Map<number, Written>;
  square: number;
}

/**
 * Every pair of the stack. Each tensor is read once, and one of each adapter is in memory at a time.
 * @throws LoraError ADAPTER_INVALID for adapters of different shapes or numbers too large; RANK_TOO_HIGH; what reading throws
 */
export async function overlapStack(stack: readonly StackMember[]): Promise<PairOverlap[]> {
  const members: Member[] = stack.map((member) => ({
    ...member,
    byName: new Map(member.deltas.tensors.map((tensor) => [tensor.name, tensor])),
    written: new Map(),
    square: 0,
  }));
  const pairs = members.flatMap((first, i) =>
    members.slice(i + 1).map((second) => ({ first, second, inner: 0, tensors: [] as TensorOverlap[] })),
  );
  const probes = new Map<number, Rows>();
  for (const name of new Set(members.flatMap(({ deltas }) => deltas.tensors.map((tensor) => tensor.name)))) {
    assertSameShape(name, members);
    const measured = new Map<Member, MeasuredDelta[]>();
    for (const member of members) {
      const tensor = member.byName.get(name);
      if (tensor === undefined) continue;
      const deltas = (await readCompact(tensor)).map(measureDelta);
      measured.set(member, deltas);
      for (const delta of deltas) member.square += delta.square;
      if (writesToResidual(name)) write(member, tensor.outFeatures, deltas, probes);
    }
    for (const pair of pairs) {
      const [x, y] = [measured.get(pair.first), measured.get(pair.second)];
      if (x === undefined || y === undefined) continue;
      const { inner, overlap } = overlapDeltas(x, y);
      pair.inner += inner;
      const turned = Math.sign(pair.first.scale * pair.second.scale);
      pair.tensors.push({ tensor: name, ...overlap, cosine: turned * overlap.cosine });
    }
  }
  return pairs.map(judge);
}

function write(
  member: Member,
  width: number,
  deltas: readonly MeasuredDelta[],
  probes: Map<number, Rows>,
): void {
  const rows = probes.get(width) ?? probesOf(width);
  probes.set(width, rows);
  const written = member.written.get(width) ?? nothingWritten(rows);
  member.written.set(width, written);
  for (const { delta, gramA, square } of deltas) addWritten(written, rows, delta, gramA, square);
}

function judge(pair: {
  first: Member;
  second: Member;
  inner: number;
  tensors: TensorOverlap[];
}): PairOverlap {
  const { first, second, tensors } = pair;
  const turned = Math.sign(first.scale * second.scale);
  const cosine = turned * ratio(pair.inner, Math.sqrt(first.square) * Math.sqrt(second.square));
  const norms = [first, second].map(({ square, scale }) => Math.sqrt(square) * Math.abs(scale)) as [
    number,
    number,
  ];
  const residual = [...first.written].flatMap(([width, x]) => {
    const y = second.written.get(width);
    return (y === undefined ? undefined : residualOverlap(x, y)) ?? [];
  })[0];
  const mean = tensors.reduce((sum, { alike }) => sum + alike, 0) / (tensors.length || 1);
  const { alike, lift } = residual ?? { alike: mean, lift: undefined };
  const found = [alike, cosine, ...norms, ...(lift === undefined ? [] : [lift])];
  if (!found.every(Number.isFinite))
    throw new LoraError(
      "ADAPTER_INVALID",
      `the numbers of ${first.name} or ${second.name} are too large to be compared`,
    );
  const meets = alike >= FIGHT_ALIKE && (lift ?? FIGHT_LIFT) >= FIGHT_LIFT;
  const verdict =
    Math.abs(cosine) >= SAME_COSINE ? (cosine > 0 ? "same" : "opposite") : meets ? "fight" : "apart";
  return {
    first: first.name,
    second: second.name,
    verdict,
    measuredIn: residual !== undefined ? "residual" : tensors.length > 0 ? "tensors" : "nothing",
    alike,
    lift,
    cosine,
    norms,
    tensors,
  };
}

function assertSameShape(name: string, members: readonly Member[]): void {
  const shapes = members.flatMap(({ byName }) => {
    const tensor = byName.get(name);
    return tensor === undefined ? [] : `${tensor.inFeatures} ${tensor.outFeatures} ${tensor.experts}`;
  });
  if (new Set(shapes).size > 1)
    throw new LoraError("ADAPTER_INVALID", `the abilities have ${name} in two shapes`);
}
