// SPDX-License-Identifier: Apache-2.0
/**
 * `lora serve` beside a bare llama-server with the same adapters, flags and threads.
 *
 * Each asks for the same number of tokens; they are llama-server's own count, over the whole wall time from the first
 * request to the end of the last answer. The two take turns, and who begins changes from round to round: the median is
 * that of the ratios within the rounds, so that a machine that gets busy falls on both.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { mapAtOnce } from "../../test/support/concurrency.ts";
import { type ServeProcess, startServe } from "../../test/support/gateway.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "../../test/support/publishing.ts";
import { createRandom } from "../../test/support/random.ts";
import { writeRandomAdapter } from "../../test/support/random-adapter.ts";
import type { Sandbox } from "../../test/support/sandbox.ts";
import { ABILITIES, abilityPath, basePath, promptOf } from "../../test/support/tiny-say.ts";
import {
  type BareServer,
  generation,
  medianOf,
  quantileOf,
  RECIPE,
  startBareServer,
  TOKENS,
  timeStream,
} from "../support/bare-server.ts";
import { SHAPES } from "../support/random-llama.ts";

const RANK = 16;
const ROUNDS = 25;
const WARM_UPS = 2;
const FIRST_TOKENS = 300;
const CONTEXT_ARGS = ["--ctx-size", "2048"];

export interface GatewayBench {
  executable: string;
  /** The random Llama. */
  modelPath: string;
  judge: (what: string, value: number, atLeast: number, atMost: number) => void;
}

export async function compareGateway(bench: GatewayBench): Promise<Record<string, unknown>> {
  await using workplace = await createWorkplace();
  const { sandbox, registry } = workplace;
  await publishRandom(sandbox, bench.modelPath);
  await mkdir(sandbox.path("large"));
  await mustRun(sandbox, ["init", "--model", bench.modelPath], "large");
  await mustRun(sandbox, ["install", "@demo/one", "@demo/two"], "large");
  for (const ability of ABILITIES) await publishAbility(sandbox, { name: `@demo/${ability}`, ability });
  await createProject(sandbox, "tiny");
  await mustRun(sandbox, ["install", ...ABILITIES.map((name) => `@demo/${name}`)], "tiny");
  await registry.stop();
  return { ...(await compareSpeed(bench, sandbox)), firstToken: await compareFirstToken(bench, sandbox) };
}

async function publishRandom(sandbox: Sandbox, modelPath: string): Promise<void> {
  for (const [i, name] of ["one", "two"].entries()) {
    const own = `packages/${name}`;
    await mkdir(sandbox.path(own), { recursive: true });
    const shape = { shapes: SHAPES, rank: RANK, alpha: RANK, type: "F16", strength: 0.01 } as const;
    await writeFile(sandbox.path(own, "adapter.gguf"), writeRandomAdapter(createRandom(i), shape));
    const adapters = [{ file: "adapter.gguf", base: { name: "random" } }];
    const manifest = { name: `@demo/${name}`, version: "1.0.0", adapters };
    await writeFile(sandbox.path(own, "lora.json"), JSON.stringify(manifest));
    await mustRun(sandbox, ["publish", own, "--base", `random=${modelPath}`]);
  }
}

async function compareSpeed({ executable, modelPath, judge }: GatewayBench, sandbox: Sandbox) {
  await using gateway: ServeProcess = await startServe(sandbox, "large", [
    "--no-fuse",
    "--",
    ...CONTEXT_ARGS,
  ]);
  const files = ["one", "two"].map((name) => `${sandbox.path("packages", name, "adapter.gguf")}:0`);
  const args = ["--model", modelPath, ...CONTEXT_ARGS, "--lora-scaled", files.join(",")];
  await using bare: BareServer = await startBareServer(executable, [...args, ...RECIPE]);
  const lora = [0, 1].map((id) => ({ id, scale: 1 }));
  const ways = {
    through: (streams: number) => speedOf(gateway.url, { model: "@demo/one+@demo/two" }, streams),
    without: (streams: number) => speedOf(bare.url, { lora }, streams),
  };
  const results: Record<string, unknown> = {};
  for (const streams of [1, 4]) {
    const pairs: { through: number; without: number }[] = [];
    for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
      const order = round % 2 === 0 ? (["through", "without"] as const) : (["without", "through"] as const);
      const pair = { through: 0, without: 0 };
      for (const way of order) pair[way] = await ways[way](streams);
      if (round >= 0) pairs.push(pair);
    }
    const ratios = pairs.map(({ through, without }) => through / without);
    const figures = {
      gateway: medianOf(pairs.map(({ through }) => through)),
      bare: medianOf(pairs.map(({ without }) => without)),
      ratio: medianOf(ratios),
      quartiles: [quantileOf(ratios, 0.25), quantileOf(ratios, 0.75)],
      range: [quantileOf(ratios, 0), quantileOf(ratios, 1)],
      rounds: ROUNDS,
    };
    const spread = (range: number[]) => range.map((value) => value.toFixed(3)).join(" to ");
    console.log(
      `${streams} at a time: ${figures.gateway.toFixed(1)} tokens/s through the gateway, ${figures.bare.toFixed(1)} ` +
        `without; ratios of ${ROUNDS} rounds ${spread(figures.range)}, the middle half ${spread(figures.quartiles)}`,
    );
    results[`streams${streams}`] = figures;
    const what = `tokens per second through the gateway, ${streams} at a time, of the bare server`;
    judge(what, figures.ratio, 0.97, Number.POSITIVE_INFINITY);
  }
  return results;
}

/** Tokens per second of all streams together. @throws Error when one of them made another number of tokens */
async function speedOf(url: string, body: Record<string, unknown>, streams: number): Promise<number> {
  const started = performance.now();
  const answers = await mapAtOnce(
    Array.from({ length: streams }, (_, i) => i),
    streams,
    (i) => timeStream(url, { ...generation(`say: ${i}\n`), ...body }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const { tokens, pieces } of answers) {
    if (tokens !== TOKENS) throw new Error(`${tokens} tokens instead of ${TOKENS}`);
    // Otherwise next to nothing would pass through the gateway.
    if (pieces < TOKENS) throw new Error(`${tokens} tokens arrived in ${pieces} pieces`);
  }
  return (streams * TOKENS) / seconds;
}

async function compareFirstToken({ executable, judge }: GatewayBench, sandbox: Sandbox) {
  await using gateway: ServeProcess = await startServe(sandbox, "tiny", ["--no-fuse"]);
  const files = ABILITIES.map((ability) => `${abilityPath("v1", ability)}:0`);
  const args = ["--model", basePath("v1", "q8_0"), "--lora-scaled", files.join(",")];
  await using bare: BareServer = await startBareServer(executable, [...args, ...RECIPE]);
  const body = { prompt: promptOf("hello"), max_tokens: 8, temperature: 0 };
  const upper = ABILITIES.map((ability, id) => ({ id, scale: ability === "upper" ? 1 : 0 }));
  const through: number[] = [];
  const without: number[] = [];
  for (let i = -20; i < FIRST_TOKENS; i += 1) {
    const a = await timeStream(bare.url, { ...body, lora: upper });
    const b = await timeStream(gateway.url, { ...body, model: "@demo/upper" });
    if (i < 0) continue;
    without.push(a.firstMs);
    through.push(b.firstMs);
  }
  const [a, b] = [medianOf(without), medianOf(through)];
  console.log(
    `first token: ${b.toFixed(2)} ms through the gateway, ${a.toFixed(2)} ms without, medians of ${FIRST_TOKENS}`,
  );
  judge("milliseconds that the gateway adds to the first token", b - a, 0, 3);
  return { gatewayMs: b, bareMs: a };
}
