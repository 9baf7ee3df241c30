// SPDX-License-Identifier: Apache-2.0
/**
 * The client's GGUF reader beside `@huggingface/gguf`, in one run: the time for the header of a base with 150,000
 * tokens and as many merges, and what each does with the hostile files of the client's tests.
 *
 *     node bench/gguf.ts
 *
 * Exits with 1 where header and fingerprint take longer than the goal.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gguf } from "@huggingface/gguf";
import type { ByteSource } from "../packages/client/src/byte-source/index.ts";
import { openFileSource } from "../packages/client/src/file-source/index.ts";
import { fingerprintBase } from "../packages/client/src/fingerprint/index.ts";
import { HEAVY_ADAPTERS, HEAVY_BASES } from "../packages/client/src/formats/gguf/heavy.test.support.ts";
import { containerFaults } from "../packages/client/src/formats/gguf/hostile-containers.test.support.ts";
import {
  ADAPTER_LIMITS,
  BASE_LIMITS,
  readAdapter,
  readGguf,
} from "../packages/client/src/formats/gguf/index.ts";
import { peakBytes, resetPeak } from "../packages/client/src/formats/gguf/peak-memory.test.support.ts";
import {
  arrayPair,
  rawAdapter,
  rawBase,
  rawHeader,
  str,
  strPair,
  u32Pair,
} from "../packages/client/src/formats/gguf/raw-gguf.test.support.ts";

const GOAL_MS = 150;
const ROUNDS = 15;
const TOKENS = 150_000;
const SILENCE_MS = 10_000;

type Reader = "ours" | "theirs";
interface Task {
  reader: Reader;
  kind: "adapter" | "base";
  path: string;
}
interface Cost {
  outcome: "accepted" | "refused" | "ended by a bug" | "no answer";
  ms: number;
  peakBytes: number;
}

if (process.argv[2] === "child") serveTasks();
else await compare();

async function compare(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lora-bench-gguf-"));
  try {
    await compareSpeed(directory);
    await compareRefusals(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function compareSpeed(directory: string): Promise<void> {
  const path = join(directory, "base.gguf");
  const headerBytes = writeLargeBase(path);
  console.log(
    `header of ${(headerBytes / 1e6).toFixed(1)} MB: ${TOKENS} tokens, ${TOKENS} merges; median of ${ROUNDS}`,
  );
  const median = { header: [] as number[], fingerprint: [] as number[], theirs: [] as number[] };
  // In turn, so that a busy moment of the machine falls on all of them.
  for (let round = 0; round < ROUNDS; round += 1) {
    median.header.push(await timed(() => readOurs(path, readGguf)));
    median.fingerprint.push(await timed(() => readOurs(path, fingerprintBase)));
    median.theirs.push(await timed(() => gguf(path, { allowLocalFile: true })));
  }
  const [header, fingerprint, theirs] = [median.header, median.fingerprint, median.theirs].map(medianOf);
  if (header === undefined || fingerprint === undefined || theirs === undefined) return;
  console.table({
    "ours, header": row(header, theirs),
    "ours, header and fingerprint": row(fingerprint, theirs),
    "@huggingface/gguf, header": row(theirs, theirs),
  });
  console.log(`goal: header and fingerprint below ${GOAL_MS} ms`);
  if (fingerprint > GOAL_MS) process.exitCode = 1;
}

function row(ms: number, theirs: number) {
  return { ms: Math.round(ms), ratio: `${(theirs / ms).toFixed(1)} times as fast` };
}

/** Only faults of the container: what an adapter or a base must be besides is not theirs to know. */
async function compareRefusals(directory: string): Promise<void> {
  const files = [
    ...[...containerFaults(rawAdapter, ADAPTER_LIMITS), ...HEAVY_ADAPTERS].map((file) => ({
      kind: "adapter" as const,
      file,
    })),
    ...[...containerFaults(rawBase, BASE_LIMITS), ...HEAVY_BASES].map((file) => ({
      kind: "base" as const,
      file,
    })),
  ].map(({ kind, file }, i) => {
    const path = join(directory, `${i}.gguf`);
    const { head, sizeBytes } = file.make();
    writeFileSync(path, head);
    truncateSync(path, sizeBytes);
    return { kind, path };
  });
  const rows: Record<string, Record<string, number>> = {};
  for (const reader of ["ours", "theirs"] as const) {
    const costs = await runTasks(files.map((file) => ({ reader, ...file })));
    const count = (outcome: Cost["outcome"]) => costs.filter((cost) => cost.outcome === outcome).length;
    rows[reader] = {
      files: costs.length,
      refused: count("refused"),
      accepted: count("accepted"),
      "ended by a bug": count("ended by a bug"),
      [`no answer in ${SILENCE_MS / 1000} s`]: count("no answer"),
      "worst MB": Math.round(Math.max(...costs.map(({ peakBytes }) => peakBytes)) / 1e6),
      "worst ms": Math.round(Math.max(...costs.map(({ ms }) => ms))),
    };
  }
  console.log("files that break the container's format or a limit, and four as large as the limits allow");
  console.table(rows);
}

/** Runs tasks in a process of their own; one that gives no answer is ended, and the next process takes the rest. */
async function runTasks(tasks: Task[]): Promise<Cost[]> {
  const costs: Cost[] = [];
  while (costs.length < tasks.length) {
    const child = fork(fileURLToPath(import.meta.url), ["child"], {
      execArgv: ["--expose-gc"],
      stdio: "inherit",
    });
    const answers = (task: Task | undefined) =>
      new Promise<Cost>((resolve) => {
        const silent = () => resolve({ outcome: "no answer", ms: SILENCE_MS, peakBytes: 0 });
        const timer = setTimeout(silent, SILENCE_MS);
        child.once("exit", silent);
        child.once("message", (cost: Cost) => {
          clearTimeout(timer);
          child.off("exit", silent);
          resolve(cost);
        });
        child.send(task ?? {});
      });
    while (costs.length < tasks.length) {
      const cost = await answers(tasks[costs.length]);
      costs.push(cost);
      if (cost.outcome === "no answer") break;
    }
    child.kill("SIGKILL");
  }
  return costs;
}

function serveTasks(): void {
  process.on("message", async (task: Task) => {
    globalThis.gc?.();
    resetPeak();
    const before = peakBytes();
    const start = performance.now();
    const outcome = await outcomeOf(task);
    process.send?.({
      outcome,
      ms: performance.now() - start,
      peakBytes: peakBytes() - before,
    } satisfies Cost);
  });
}

async function outcomeOf({ reader, kind, path }: Task): Promise<Cost["outcome"]> {
  try {
    if (reader === "theirs") await gguf(path, { allowLocalFile: true });
    else if (kind === "adapter") await readOurs(path, readAdapter);
    else await readOurs(path, fingerprintBase);
    return "accepted";
  } catch (error) {
    // Theirs refuses with a plain Error; RangeError, TypeError and the like were not thrown on purpose.
    const name = error instanceof Error ? error.constructor.name : "";
    return name === "LoraError" || (reader === "theirs" && name === "Error") ? "refused" : "ended by a bug";
  }
}

async function readOurs<Result>(
  path: string,
  read: (source: ByteSource) => Promise<Result>,
): Promise<Result> {
  await using source = await openFileSource(path);
  return await read(source);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function medianOf(times: number[]): number | undefined {
  return times.toSorted((x, y) => x - y)[times.length >> 1];
}

function writeLargeBase(path: string): number {
  const list = (texts: Uint8Array[]) => Buffer.concat(texts);
  const tokens = list(Array.from({ length: TOKENS }, (_, i) => str(`tok${i.toString(36)}`)));
  const merges = list(Array.from({ length: TOKENS }, (_, i) => str(`t${i % 977} k${i.toString(36)}`)));
  const types = new Uint8Array(4 * TOKENS).map((_, i) => (i % 4 === 0 ? 1 : 0));
  const { header, dataBytes } = rawHeader({
    pairs: [
      strPair("general.architecture", "llama"),
      u32Pair("llama.embedding_length", 4096),
      u32Pair("llama.attention.head_count", 32),
      strPair("tokenizer.ggml.model", "gpt2"),
      arrayPair("tokenizer.ggml.tokens", "string", TOKENS, tokens),
      arrayPair("tokenizer.ggml.token_type", "i32", TOKENS, types),
      arrayPair("tokenizer.ggml.merges", "string", TOKENS, merges),
    ],
    tensors: Array.from({ length: 32 }, (_, i) =>
      [
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
        "attn_norm",
        "ffn_norm",
      ].map((module) => ({
        name: `blk.${i}.${module}.weight`,
        dims: module.endsWith("norm") ? [4096] : [4096, 64],
      })),
    ).flat(),
  });
  writeFileSync(path, header);
  truncateSync(path, header.length + dataBytes);
  return header.length;
}
