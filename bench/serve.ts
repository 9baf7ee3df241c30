// SPDX-License-Identifier: Apache-2.0
/**
 * What serving costs and what it gets right, each beside its peer in the same run, on one compute thread:
 *
 * - right answers of llama-server without the gateway: tiny-say, random combinations of abilities, 8 at a time, 4 slots;
 * - tokens per second through the gateway and without it, on a random Llama of about 0.5B that the bench makes;
 * - one fused adapter beside the adapters that it was made of, and beside one adapter of its rank;
 * - the time that the gateway adds until the first token, on tiny-say.
 *
 *     LORA_LLAMA_SERVER=… node bench/serve.ts                      all of it
 *     LORA_LLAMA_SERVER=… node bench/serve.ts answers fused gateway   those that are named
 *
 * Takes about ten minutes and 1 GB of a temporary directory, which it removes. Exits with 1 where a goal is missed.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fuseStack } from "../packages/client/src/fuse/index.ts";
import { locateLlamaServer } from "../packages/client/src/runtime/llama-server/locate.ts";
import { mapAtOnce } from "../test/support/concurrency.ts";
import { createRandom, pick } from "../test/support/random.ts";
import { writeRandomAdapter } from "../test/support/random-adapter.ts";
import { ABILITIES, abilityPath, basePath, promptOf } from "../test/support/tiny-say.ts";
import { compareGateway } from "./serve/gateway.ts";
import { generation, medianOf, RECIPE, startBareServer, timeStream } from "./support/bare-server.ts";
import { SHAPES, writeRandomLlama } from "./support/random-llama.ts";

const ROUNDS = 7;
const REQUESTS = 500;
const RANK = 16;

const located = await locateLlamaServer(process.env);
if (!located.found) throw new Error(located.reason);
const { executable, version } = located;
process.env.LORA_LLAMA_SERVER = executable;
const directory = await mkdtemp(join(tmpdir(), "lora-bench-serve-"));
const results: Record<string, unknown> = {};
const resultsPath = join(import.meta.dirname, "results", "serve.json");
const chosen = process.argv.length > 2 ? process.argv.slice(2) : ["answers", "fused", "gateway"];
try {
  if (chosen.includes("answers")) await countRightAnswers();
  if (chosen.includes("fused") || chosen.includes("gateway")) {
    const model = await makeModel();
    if (chosen.includes("fused")) await compareFused(model);
    if (chosen.includes("gateway"))
      Object.assign(results, await compareGateway({ executable, modelPath: model.path, judge }));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model, llamaServer: version };
const before = JSON.parse(await readFile(resultsPath, "utf8").catch(() => "{}"));
await mkdir(dirname(resultsPath), { recursive: true });
await writeFile(resultsPath, `${JSON.stringify({ ...before, machine, ...results }, null, 2)}\n`);

/** The fault that the gateway is for. Its own answers are a test: test/serve/right-answers.test.ts. */
async function countRightAnswers(): Promise<void> {
  const random = createRandom(8);
  const scales = [-0.5, 0.25, 0.5, 0.75, 1, 1, 1.25, 2];
  const stacks = Array.from({ length: 30 }, () =>
    ABILITIES.map(() => (random() < 0.6 ? pick(random, scales) : 0)),
  );
  const prompts = [
    "hello",
    "quick fox",
    "kmjqw",
    "a",
    "zebra crossing",
    "hello there",
    "x y z",
    "lazy dogs",
  ].map(promptOf);
  const asked = Array.from({ length: REQUESTS }, () => ({
    stack: pick(random, stacks),
    prompt: pick(random, prompts),
  }));
  const files = ABILITIES.map((ability) => abilityPath("v1", ability));
  const greedy = { temperature: 0, max_tokens: 32, stop: ["\n"] };
  const model = ["--model", basePath("v1", "q8_0")];
  const right = new Map<string, string>();
  for (const stack of stacks) {
    const list = files.flatMap((file, i) => (stack[i] === 0 ? [] : [`${file}:${stack[i]}`])).join(",");
    await using fresh = await startBareServer(executable, [
      ...model,
      ...(list === "" ? [] : ["--lora-scaled", list]),
    ]);
    for (const prompt of prompts)
      right.set(`${stack} ${prompt}`, (await timeStream(fresh.url, { prompt, ...greedy })).text);
  }
  const scaled = ["--lora-scaled", files.map((file) => `${file}:0`).join(",")];
  const all = (stack: number[]) => stack.map((scale, id) => ({ id, scale }));
  const wanted = (stack: number[]) => all(stack).filter(({ scale }) => scale !== 0);
  const ways = {
    "--lora-init-without-apply, wanted adapters listed": {
      args: ["--lora", files.join(","), "--lora-init-without-apply", "--parallel", "4"],
      lora: wanted,
    },
    "the recipe without --cache-ram 0": { args: [...scaled, "--parallel", "4"], lora: all },
    "the recipe": { args: [...scaled, ...RECIPE], lora: all },
  };
  const rows: Record<string, { right: number; of: number }> = {};
  for (const [name, { args, lora }] of Object.entries(ways)) {
    await using server = await startBareServer(executable, [...model, ...args]);
    const answers = await mapAtOnce(asked, 8, async ({ stack, prompt }) => {
      const { text } = await timeStream(server.url, { prompt, ...greedy, lora: lora(stack) });
      return text === right.get(`${stack} ${prompt}`);
    });
    rows[name] = { right: answers.filter(Boolean).length, of: REQUESTS };
  }
  console.log("right answers of llama-server alone");
  console.table(rows);
  results.rightAnswers = rows;
}

interface Model {
  path: string;
  /** Eight of rank 16, and one of the rank of all of them. */
  adapters: string[];
  single: string;
}

async function makeModel(): Promise<Model> {
  const path = join(directory, "model.gguf");
  const parameters = await writeRandomLlama(path);
  console.log(`a random Llama of ${(parameters / 1e6).toFixed(0)} million parameters in Q4_0`);
  results.parameters = parameters;
  const random = createRandom(1);
  const write = async (name: string, rank: number) => {
    const file = join(directory, name);
    await writeFile(
      file,
      writeRandomAdapter(random, { shapes: SHAPES, rank, alpha: rank, type: "F16", strength: 0.01 }),
    );
    return file;
  };
  const adapters: string[] = [];
  for (let i = 0; i < 8; i += 1) adapters.push(await write(`${i}.gguf`, RANK));
  return { path, adapters, single: await write("single.gguf", 8 * RANK) };
}

/** One server holds all of them: a request applies those that it names, so that rounds can take turns. */
async function compareFused({ path, adapters, single }: Model): Promise<void> {
  const fuse = async (count: number) => {
    const stack = adapters
      .slice(0, count)
      .map((file, i) => ({ name: `${i}`, sha256: file, path: file, scale: 1 }));
    const fused = await fuseStack({ storeDirectory: directory, adapters: stack });
    return fused.path;
  };
  const fused = new Map<number, string>();
  for (const count of [2, 4, 8]) fused.set(count, await fuse(count));
  const files = [...adapters, ...fused.values(), single];
  const args = ["--model", path, "--ctx-size", "512", "--parallel", "1", "--cache-ram", "0"];
  await using server = await startBareServer(executable, [
    ...args,
    "--lora-scaled",
    files.map((file) => `${file}:0`).join(","),
  ]);
  const ways = new Map<string, string[]>(
    [
      ["no adapter", []],
      ...[1, 2, 4, 8].map((count) => [`${count} apart`, adapters.slice(0, count)] as const),
      ...[...fused].map(([count, file]) => [`${count} fused`, [file]] as const),
      [`one of rank ${8 * RANK}`, [single]],
    ].map(([name, list]) => [name as string, list as string[]]),
  );
  const speeds = new Map([...ways.keys()].map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, used] of ways) {
      const lora = files.map((file, id) => ({ id, scale: used.includes(file) ? 1 : 0 }));
      const speed = await tokensPerSecond(server.url, { lora });
      if (round >= 0) speeds.get(name)?.push(speed);
    }
  }
  const median = new Map([...speeds].map(([name, all]) => [name, medianOf(all)]));
  const of = (name: string) => median.get(name) ?? Number.NaN;
  console.log(`generation, tokens per second, medians of ${ROUNDS}; each apart of rank ${RANK}`);
  console.table(
    Object.fromEntries(
      [...median].map(([name, speed]) => [
        name,
        { "tokens/s": Number(speed.toFixed(1)), "of none": ratio(speed / of("no adapter")) },
      ]),
    ),
  );
  results.fused = Object.fromEntries(median);
  judge(
    "8 fused, of one adapter of the same rank",
    of("8 fused") / of(`one of rank ${8 * RANK}`),
    0.9,
    Number.POSITIVE_INFINITY,
  );
}

/** Of one stream, from its first token to its last: what an adapter costs is in each token. */
async function tokensPerSecond(url: string, body: Record<string, unknown>): Promise<number> {
  const { tokens, firstMs, wholeMs } = await timeStream(url, { ...generation("say: 0\n"), ...body });
  return ((tokens - 1) * 1000) / (wholeMs - firstMs);
}

function judge(what: string, value: number, atLeast: number, atMost: number): void {
  const isMet = value >= atLeast && value <= atMost;
  const goal = atMost === Number.POSITIVE_INFINITY ? `at least ${atLeast}` : `at most ${atMost}`;
  console.log(`  ${what}: ${value.toFixed(3)}, goal ${goal}: ${isMet ? "met" : "NOT met"}`);
  results[what] = { value, goal, isMet };
  if (!isMet) process.exitCode = 1;
}

function ratio(value: number): number {
  return Number(value.toFixed(2));
}
