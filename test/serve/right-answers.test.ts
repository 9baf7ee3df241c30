// SPDX-License-Identifier: Apache-2.0
/** Requests for different stacks side by side, each against a server that has nothing but that stack. */
import { findRuntime } from "@lora/client/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mapAtOnce } from "../support/concurrency.ts";
import { complete, type ServeProcess, startServe } from "../support/gateway.ts";
import { llamaEnvironment, llamaServerSuite } from "../support/llama.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { createRandom, pick } from "../support/random.ts";
import { ABILITIES, type Ability, abilityPath, basePath, promptOf } from "../support/tiny-say.ts";

const REQUESTS = 500;
const AT_ONCE = 8;
const COMBINATIONS = 30;
const SCALES = [-0.5, 0.25, 0.5, 0.75, 1, 1, 1.25, 2];
const SAID = ["hello", "quick fox", "kmjqw", "a", "zebra crossing", "hello there", "x y z", "lazy dogs"];

interface Combination {
  model: string;
  scales: Partial<Record<Ability, number>>;
}

const random = createRandom(8);
const COMBINED: readonly Combination[] = Array.from({ length: COMBINATIONS }, () => {
  const chosen = ABILITIES.filter(() => random() < 0.6);
  const scales = Object.fromEntries(chosen.map((ability) => [ability, pick(random, SCALES)]));
  const terms = Object.entries(scales).map(([ability, scale]) => `@demo/${ability}:${scale}`);
  return { model: terms.length === 0 ? "base" : terms.join("+"), scales };
});
const REQUESTED = Array.from({ length: REQUESTS }, () => ({
  combination: pick(random, COMBINED),
  prompt: promptOf(pick(random, SAID)),
  stream: random() < 0.5,
}));

/** What a fresh llama-server with just these adapters says, for each prompt. */
async function answersOf({ scales }: Combination): Promise<Map<string, string>> {
  const runtime = await findRuntime({ env: llamaEnvironment("llama-server") });
  const adapters = (Object.keys(scales) as Ability[]).map((name) => ({
    name,
    path: abilityPath("v1", name),
    scale: scales[name],
  }));
  await using model = await runtime.load({ modelPath: basePath("v1", "q8_0"), adapters });
  const answers = new Map<string, string>();
  for (const prompt of SAID.map(promptOf)) {
    const { text } = await model.generate({ prompt, maxTokens: 32, temperature: 0, stop: ["\n"] });
    answers.set(prompt, text);
  }
  return answers;
}

describe.skipIf(llamaServerSuite.skipped)(`lora serve, ${llamaServerSuite.name}`, () => {
  let workplace: Awaited<ReturnType<typeof createWorkplace>>;
  let gateway: ServeProcess;

  beforeAll(async () => {
    workplace = await createWorkplace();
    const { sandbox } = workplace;
    for (const ability of ABILITIES) await publishAbility(sandbox, { name: `@demo/${ability}`, ability });
    await createProject(sandbox, "project");
    await mustRun(sandbox, ["install", ...ABILITIES.map((name) => `@demo/${name}`)], "project");
    gateway = await startServe(sandbox, "project");
  });
  afterAll(async () => {
    await gateway?.stop();
    await workplace[Symbol.asyncDispose]();
  });

  it(`answers each of ${REQUESTS} requests, ${AT_ONCE} at a time, as a fresh server with just that stack`, async () => {
    const answers = await mapAtOnce(REQUESTED, AT_ONCE, ({ combination, prompt, stream }) =>
      complete(gateway.url, { model: combination.model, prompt, stream }),
    );
    const expected = new Map<Combination, Map<string, string>>();
    for (const combination of COMBINED) expected.set(combination, await answersOf(combination));
    const wrong = REQUESTED.map(({ combination, prompt, stream }, i) => ({
      model: combination.model,
      prompt,
      stream,
      said: answers[i],
      right: expected.get(combination)?.get(prompt),
    })).filter(({ said, right }) => said !== right);
    expect(wrong).toEqual([]);
    // The comparison would be empty if all stacks answered alike.
    expect(new Set(answers).size).toBeGreaterThan(50);
  });

  it("gives the embedding of a fresh server with just that stack, whatever was asked before", async () => {
    const embed = async (model: string, input: string) => {
      const answer = await fetch(`${gateway.url}/v1/embeddings`, {
        method: "POST",
        body: JSON.stringify({ model, input }),
      });
      expect(answer.status).toBe(200);
      const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
      return data[0]?.embedding;
    };
    const models = ["base", "@demo/upper", "@demo/rot13:0.5", "@demo/upper+@demo/shout"];
    const alone: (number[] | undefined)[] = [];
    for (const model of models) {
      await using fresh = await startServe(workplace.sandbox, "project", ["--no-fuse"]);
      const answer = await fetch(`${fresh.url}/v1/embeddings`, {
        method: "POST",
        body: JSON.stringify({ model, input: "hello" }),
      });
      const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
      alone.push(data[0]?.embedding);
    }
    const asked = Array.from({ length: 40 }, (_, i) => i % models.length);
    const together = await mapAtOnce(asked, AT_ONCE, (i) => embed(models[i] as string, "hello"));
    for (const [i, embedding] of together.entries()) expect(embedding).toEqual(alone[asked[i] as number]);
    expect(new Set(alone.map((embedding) => JSON.stringify(embedding))).size).toBe(models.length);
  });
});
