// SPDX-License-Identifier: Apache-2.0
/** An ability's own examples on a real model, with the ability and without: does it work here? */
import type { PackageDraft } from "../manifest/index.ts";
import type { LoadedModel, Scales } from "../runtime/index.ts";
import { divergenceOf } from "./divergence.ts";

export type Example = NonNullable<PackageDraft["examples"]>[number];

/** `no-effect`: the model answers as without it. `untested`: the package has no examples. */
export type Verdict = "works" | "no-effect" | "fails" | "untested";

export interface ExampleReport {
  prompt: string;
  expect: Example["expect"];
  /** What the model says with the ability, and without. */
  answer: string;
  baseAnswer: string;
  /** Whether each of them is what the example expects. */
  meets: boolean;
  baseMeets: boolean;
  verdict: Exclude<Verdict, "untested">;
  /** Of the distribution of the first token of the answer; see `Divergence`. */
  klNats: number;
  moved: number;
}

export interface AbilityReport {
  name: string;
  version: string;
  verdict: Verdict;
  /** Means over the examples; 0 where there are none. */
  klNats: number;
  moved: number;
  examples: ExampleReport[];
}

export interface AbilityUnderTest {
  name: string;
  version: string;
  examples: readonly Example[];
  /** Of every adapter that is loaded: those of this ability, and 0 for all others. */
  scales: Scales;
}

const DEFAULT_MAX_TOKENS = 64;

/** @throws LoraError as `LoadedModel.generate` */
export async function testAbility(model: LoadedModel, ability: AbilityUnderTest): Promise<AbilityReport> {
  const off = Object.fromEntries(Object.keys(ability.scales).map((name) => [name, 0]));
  const examples: ExampleReport[] = [];
  for (const { prompt, expect, maxTokens = DEFAULT_MAX_TOKENS, stop = [] } of ability.examples) {
    const answerWith = async (scales: Scales) =>
      (await model.generate({ prompt, scales, maxTokens, stop, temperature: 0 })).text;
    const baseAnswer = await answerWith(off);
    const answer = await answerWith(ability.scales);
    const { klNats, moved, equal } = divergenceOf(
      await model.nextToken({ prompt, scales: off }),
      await model.nextToken({ prompt, scales: ability.scales }),
    );
    const meets = isMet(expect, answer);
    const verdict = answer === baseAnswer || equal ? "no-effect" : meets ? "works" : "fails";
    const baseMeets = isMet(expect, baseAnswer);
    examples.push({ prompt, expect, answer, baseAnswer, meets, baseMeets, verdict, klNats, moved });
  }
  const { name, version } = ability;
  return {
    name,
    version,
    verdict: verdictOf(examples),
    klNats: mean(examples.map((example) => example.klNats)),
    moved: mean(examples.map((example) => example.moved)),
    examples,
  };
}

function verdictOf(examples: readonly ExampleReport[]): Verdict {
  if (examples.length === 0) return "untested";
  if (examples.every(({ verdict }) => verdict === "no-effect")) return "no-effect";
  return examples.every(({ meets }) => meets) ? "works" : "fails";
}

/** Space around an answer is no part of it. */
function isMet({ equals, contains }: Example["expect"], answer: string): boolean {
  return (
    (equals === undefined || answer.trim() === equals.trim()) &&
    (contains === undefined || answer.includes(contains))
  );
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
