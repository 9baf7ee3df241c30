// SPDX-License-Identifier: Apache-2.0
/**
 * A proof in prose. Each line concludes one thing from facts and from the line before it; a line that is needed again
 * later ends in a number.
 *
 *     Because @acme/sql 2.x has adapters only for qwen2.5-7b (lfp1:91c2…), and your model is llama-3.1-8b (lfp1:4f0a…),
 *       and @acme/analyst 1.4.0 depends on @acme/sql ^2.0.0, @acme/analyst 1.4.0 cannot be installed here.
 *     So, because your project depends on @acme/analyst ^1.4.0, there is no solution.
 */
import { describeConclusion, describeFact, describeProjectRequirements } from "./describe.ts";
import { list } from "./describe-versions.ts";
import type { Incompatibility, RequirementFact } from "./incompatibility.ts";
import { isProjectRequirement, proofOf, type Step } from "./proof.ts";
import type { Rules } from "./rules.ts";

/** Of a longer explanation the middle is left out: `details.derivation` of the error has it whole. */
const MAX_LINES = 60;
/** Of a sentence with more clauses the middle is left out as well. */
const MAX_CLAUSES = 12;
/** More earlier lines than this are referred to by their numbers alone. */
const MAX_QUOTED_LEMMAS = 3;

export function explain(root: Incompatibility, rules: Rules): string {
  const proof = proofOf(root);
  const numbered = new Set<Step>();
  const numbers = new Map<Step, number>();
  const paragraphs: string[] = [];
  let previous: Step | undefined;
  let isModelKnown = false;
  for (const step of inOrder(proof, numbered)) {
    const followsOn = previous !== undefined && step.lemmas.includes(previous);
    const lead = !followsOn ? "Because" : step === proof ? "So, because" : "And because";
    const earlier = step.lemmas.filter((lemma) => lemma !== previous);
    const premises = [...describeLemmas(earlier, numbers), ...describePremises(step, rules, isModelKnown)];
    isModelKnown ||= step.facts.some(({ fact }) => fact.kind === "baseMismatch");
    if (numbered.has(step)) numbers.set(step, numbers.size + 1);
    const number = numbers.get(step);
    const end = number === undefined ? "." : ` (${number}).`;
    const gap = !followsOn && previous !== undefined ? "\n" : "";
    paragraphs.push(
      `${gap}${lead} ${premises.join(",\n  and ")}, ${describeConclusion(step.conclusion)}${end}`,
    );
    previous = step;
  }
  return shortened(paragraphs).join("\n");
}

/** Lemmas before what needs them, the longest first; notes which of them are referred to from afar. */
function inOrder(root: Step, numbered: Set<Step>): Step[] {
  const order: Step[] = [];
  const started = new Set<Step>();
  const path: { step: Step; open: Step[] }[] = [];
  const enter = (step: Step) => {
    started.add(step);
    const open = step.lemmas.filter((lemma) => {
      if (started.has(lemma)) numbered.add(lemma);
      return !started.has(lemma);
    });
    open.sort((a, b) => b.size - a.size);
    for (const lemma of open.slice(0, -1)) numbered.add(lemma);
    path.push({ step, open });
  };
  enter(root);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.open.shift();
    if (next === undefined) {
      order.push(top.step);
      path.pop();
    } else if (!started.has(next)) enter(next);
    else numbered.add(next);
  }
  return order;
}

function describePremises({ facts }: Step, rules: Rules, isModelKnown: boolean): string[] {
  const ofProject = facts.filter(isProjectRequirement);
  const others = facts.filter((premise) => !isProjectRequirement(premise));
  const firstMismatch = others.findIndex(({ fact }) => fact.kind === "baseMismatch");
  const shown =
    others.length > MAX_CLAUSES ? [...others.slice(0, MAX_CLAUSES - 2), ...others.slice(-1)] : others;
  const clauses = shown.map(({ fact, terms }, i) =>
    describeFact(fact, terms, rules, isModelKnown || i > firstMismatch),
  );
  if (shown !== others) clauses.splice(-1, 0, `${others.length - shown.length} more facts like these`);
  if (ofProject.length === 0) return clauses;
  return [...clauses, describeProjectRequirements(ofProject.map(({ fact }) => fact as RequirementFact))];
}

function describeLemmas(lemmas: readonly Step[], numbers: ReadonlyMap<Step, number>): string[] {
  if (lemmas.length > MAX_QUOTED_LEMMAS) {
    return [`of ${list(lemmas.map((lemma) => `(${numbers.get(lemma)})`))}`];
  }
  return lemmas.map((lemma) => `${describeConclusion(lemma.conclusion)} (${numbers.get(lemma)})`);
}

function shortened(paragraphs: string[]): string[] {
  if (paragraphs.length <= MAX_LINES) return paragraphs;
  const half = MAX_LINES / 2;
  const left = paragraphs.length - MAX_LINES;
  return [...paragraphs.slice(0, half), `\n(${left} more steps)\n`, ...paragraphs.slice(-half)];
}
