// SPDX-License-Identifier: Apache-2.0
/** What a project installs, rescales and removes, and llama-server killed, under eight streams that go on all the time. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete, type ServeProcess, startServe } from "../support/gateway.ts";
import { llamaServerSuite } from "../support/llama.ts";
import { isRunning } from "../support/processes.ts";
import {
  baseOption,
  createProject,
  createWorkplace,
  mustRun,
  publishAbility,
} from "../support/publishing.ts";
import { createRandom } from "../support/random.ts";
import { writeRandomAdapter } from "../support/random-adapter.ts";
import { ABILITIES, promptOf, WORDS } from "../support/tiny-say.ts";

/** A busy machine takes seconds for what is otherwise done at once. */
const PATIENT = { timeout: 30_000, interval: 50 };

const STREAMS = 8;
const KILLS = 5;

/** Answers to WORDS. */
const PLAIN = ["hello", "quick fox", "kmjqw"];
const UPPER = ["HELLO", "QUICK FOX", "KMJQW"];
const SHOUT = ["hello!!!", "quick fox!!!", "kmjqw!!!"];
const ROT13 = ["uryyb", "dhvpx sbk", "xzwdj"];
const BOTH = ["HELLO!!!", "QUICK FOX!!!", "KMJQW!!!"];

interface Load {
  /** Requests that were answered so far. */
  answered(): number;
  /** What `default` may answer from here on. */
  allow(...answers: string[][]): void;
  /** Ends the streams. @returns every request that failed or was answered by another stack */
  end(): Promise<string[]>;
}

/** Eight clients, each asking the next thing as soon as it has its answer. */
function startLoad(url: string, allowedFirst: string[][]): Load {
  const fixed: Record<string, string[]> = { base: PLAIN, "@demo/upper:1": UPPER };
  const faults: string[] = [];
  let allowed = allowedFirst;
  let answered = 0;
  let running = true;
  const client = async (number: number) => {
    for (let i = number; running; i += 1) {
      const place = i % WORDS.length;
      const model = ["default", "base", "default", "@demo/upper:1"][i % 4] as string;
      const before = allowed;
      const prompt = promptOf(WORDS[place] as string);
      try {
        const answer = await complete(url, { model, prompt, stream: i % 5 !== 0 });
        const right = fixed[model] ?? [...before, ...allowed].map((answers) => answers[place]);
        if (!right.includes(answer)) faults.push(`${model} ${prompt.trim()}: ${answer}`);
        answered += 1;
      } catch (error) {
        faults.push(`${model} ${prompt.trim()}: ${error}`);
      }
    }
  };
  const clients = Array.from({ length: STREAMS }, (_, number) => client(number));
  return {
    answered: () => answered,
    allow: (...answers) => {
      allowed = answers;
    },
    async end() {
      running = false;
      await Promise.all(clients);
      return faults;
    },
  };
}

describe.skipIf(llamaServerSuite.skipped)(`lora serve, ${llamaServerSuite.name}`, () => {
  let workplace: Awaited<ReturnType<typeof createWorkplace>>;
  let gateway: ServeProcess;
  const project = "project";

  beforeAll(async () => {
    workplace = await createWorkplace();
    const { sandbox } = workplace;
    for (const ability of ABILITIES) await publishAbility(sandbox, { name: `@demo/${ability}`, ability });
    await publishFaint();
    await createProject(sandbox, project);
    await mustRun(sandbox, ["install", "@demo/upper"], project);
    gateway = await startServe(sandbox, project);
  });
  afterAll(async () => {
    await gateway?.stop();
    await workplace[Symbol.asyncDispose]();
  });

  /** An adapter that is a file of its own and changes no answer. */
  const publishFaint = async () => {
    const { sandbox } = workplace;
    await mkdir(sandbox.path("packages/faint"), { recursive: true });
    const shapes = { "blk.0.attn_q.weight": [64, 64], "blk.1.attn_v.weight": [64, 64] } as const;
    const adapter = { shapes, rank: 4, alpha: 4, type: "F16", strength: 1e-4 } as const;
    await writeFile(sandbox.path("packages/faint/faint.gguf"), writeRandomAdapter(createRandom(1), adapter));
    const adapters = [{ file: "faint.gguf", base: { name: "tiny-say v1" } }];
    const manifest = JSON.stringify({ name: "@demo/faint", version: "1.0.0", adapters });
    await writeFile(sandbox.path("packages/faint/lora.json"), manifest);
    await mustRun(sandbox, ["publish", "packages/faint", ...baseOption("v1")]);
  };

  const applied = async () =>
    (await gateway.status()).stack.map((one: { name: string; scale: number }) => `${one.name}:${one.scale}`);
  const settled = async (load: Load, stack: string[], ...answers: string[][]) => {
    await expect.poll(applied, PATIENT).toEqual(stack);
    load.allow(...answers);
    const from = load.answered();
    await expect.poll(load.answered, PATIENT).toBeGreaterThan(from + 50);
  };

  it("follows install, scale and remove, and a killed llama-server, without losing a request", async () => {
    const { sandbox } = workplace;
    const load = startLoad(gateway.url, [UPPER]);
    await settled(load, ["@demo/upper:1"], UPPER);

    load.allow(UPPER, BOTH);
    await mustRun(sandbox, ["install", "@demo/shout"], project);
    await settled(load, ["@demo/shout:1", "@demo/upper:1"], BOTH);

    // From one fused stack to another, by way of both apart.
    const fusedRank = async () => (await gateway.status()).fusedRank;
    await expect.poll(fusedRank, PATIENT).toBe(12);
    await mustRun(sandbox, ["install", "@demo/faint"], project);
    // In the middle of it: whichever server this is has requests.
    process.kill((await gateway.status()).server.pid, "SIGKILL");
    await settled(load, ["@demo/faint:1", "@demo/shout:1", "@demo/upper:1"], BOTH);
    await expect.poll(fusedRank, PATIENT).toBe(16);
    await mustRun(sandbox, ["remove", "@demo/faint"], project);
    await settled(load, ["@demo/shout:1", "@demo/upper:1"], BOTH);
    await expect.poll(fusedRank, PATIENT).toBe(12);

    load.allow(BOTH, SHOUT);
    await mustRun(sandbox, ["scale", "@demo/upper=0"], project);
    await settled(load, ["@demo/shout:1", "@demo/upper:0"], SHOUT);

    load.allow(SHOUT, BOTH);
    await mustRun(sandbox, ["scale", "@demo/upper=1"], project);
    await settled(load, ["@demo/shout:1", "@demo/upper:1"], BOTH);

    load.allow(BOTH, UPPER);
    await mustRun(sandbox, ["remove", "@demo/shout"], project);
    await settled(load, ["@demo/upper:1"], UPPER);

    const slowest: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { server } = await gateway.status();
      process.kill(server.pid, "SIGKILL");
      const killed = performance.now();
      expect(await complete(gateway.url, { model: "@demo/upper:1", prompt: promptOf("hello") })).toBe(
        "HELLO",
      );
      slowest.push(performance.now() - killed);
      const from = load.answered();
      await expect.poll(load.answered, PATIENT).toBeGreaterThan(from + 20);
    }
    expect(Math.max(...slowest)).toBeLessThan(5000);

    expect(await load.end()).toEqual([]);
    // One that only finishes its last requests is not started again.
    expect([KILLS, KILLS + 1]).toContain((await gateway.status()).crashes);
    console.info(
      `${load.answered()} requests, a new one after a kill took at most ${Math.round(Math.max(...slowest))} ms`,
    );
  });

  it("takes over a new adapter and drops what is no longer installed", async () => {
    const { sandbox } = workplace;
    await mustRun(sandbox, ["install", "@demo/rot13"], project);
    await expect.poll(applied, PATIENT).toEqual(["@demo/rot13:1", "@demo/upper:1"]);
    const ask = (model: string) => complete(gateway.url, { model, prompt: promptOf("quick fox") });
    expect(await ask("@demo/rot13")).toBe(ROT13[1]);
    await mustRun(sandbox, ["remove", "@demo/rot13"], project);
    await expect.poll(applied, PATIENT).toEqual(["@demo/upper:1"]);
    await expect(ask("@demo/rot13")).rejects.toThrow(
      /404.*no model.*@demo\/rot13.*default, base, @demo\/upper/s,
    );
    expect(await ask("default")).toBe(UPPER[1]);
  });

  it("goes on with what it has while the project cannot be served, and says why", async () => {
    const { sandbox } = workplace;
    const manifest = sandbox.path(project, "lora.json");
    const before = await readFile(manifest, "utf8");
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(before), dependencies: {} }));
    await expect.poll(async () => (await gateway.status()).refused?.code, PATIENT).toBe("STACK_STALE");
    expect(await complete(gateway.url, { prompt: promptOf("hello") })).toBe("HELLO");
    await writeFile(manifest, before);
    await expect.poll(async () => (await gateway.status()).refused, PATIENT).toBeUndefined();
  });

  it("leaves no process and no file behind when it is interrupted", async () => {
    const { server } = await gateway.status();
    const shown = await workplace.sandbox.lora(["status"], { cwd: project });
    expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
    expect(shown.stdout).toMatch(/@demo\/upper 1\.0\.0, scale 1/);
    expect(shown.stdout).toMatch(/ended by itself [56] times/);
    expect(await gateway.stop()).toBe(0);
    await expect.poll(() => isRunning(server.pid), PATIENT).toBe(false);
    expect(await readdir(workplace.sandbox.path(project, ".lora", "serve"))).toEqual([]);
    const { exitCode, stdout } = await workplace.sandbox.lora(["status"], { cwd: project });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: "Nothing is served here. Start it: lora serve\n",
    });
  });
});
