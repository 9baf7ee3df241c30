// SPDX-License-Identifier: Apache-2.0
/**
 * Converting a PEFT adapter for an 8B base (rank 16, all seven modules of 32 layers) against what any program must do:
 * copying the file and reading it once. A conversion waits until its file is on the disk, so the copy that it is held
 * against does too; the copy that does not is beside it. Each run is a process of its own, so that its peak memory is its own and
 * nothing is warm but the disk's cache. The runs of all take turns, and the fastest of each counts: what others do on
 * the machine meanwhile is in the others. `pnpm build` first.
 *
 *     node bench/convert.ts
 *
 * Exits with 1 where a conversion of weights that are in F16 already takes longer than the goal, or more memory.
 */
import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, open, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FloatType } from "@lora/client/gguf";
import { convertPeftDirectory } from "@lora/client/peft-directory";
import { type Dtype, encodeSafetensorsChunks } from "@lora/client/safetensors";
import { peakBytes } from "../packages/client/src/formats/gguf/peak-memory.test.support.ts";

const RUNS = 5;
const RANK = 16;
/** Ratio to copying, syncing and reading that a conversion without a change of type must stay within. */
const MAX_RATIO = 2;
const MAX_PEAK_BYTES = 200_000_000;

const OUTPUTS = ["copy", "adapter.gguf"];

const BASE = {
  model_type: "llama",
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  tie_word_embeddings: false,
};
const MODULES = {
  "self_attn.q_proj": [4096, 4096],
  "self_attn.k_proj": [4096, 1024],
  "self_attn.v_proj": [4096, 1024],
  "self_attn.o_proj": [4096, 4096],
  "mlp.gate_proj": [4096, 14_336],
  "mlp.up_proj": [4096, 14_336],
  "mlp.down_proj": [14_336, 4096],
} as const;

interface Measured {
  milliseconds: number;
  peakBytes: number;
}

/** What a child does. */
const TASKS = {
  copy: (directory: string) => copyAndRead(directory, false),
  "copy, synced": (directory: string) => copyAndRead(directory, true),
  F16: (directory: string) => convert(directory, "F16"),
  F32: (directory: string) => convert(directory, "F32"),
  BF16: (directory: string) => convert(directory, "BF16"),
  Q8_0: (directory: string) => convert(directory, "Q8_0"),
};
type Task = keyof typeof TASKS;

async function copyAndRead(directory: string, synced: boolean): Promise<void> {
  const target = join(directory, "copy");
  await copyFile(join(directory, "adapter_model.safetensors"), target);
  const file = await open(target, "r+");
  if (synced) await file.sync();
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  while ((await file.read(buffer, 0, buffer.length)).bytesRead > 0);
  await file.close();
}

async function convert(directory: string, type: FloatType): Promise<void> {
  await convertPeftDirectory(directory, {
    base: { config: JSON.stringify(BASE) },
    outputPath: join(directory, "adapter.gguf"),
    type,
  });
}

async function writeAdapter(directory: string, dtype: Dtype): Promise<number> {
  await mkdir(directory, { recursive: true });
  const elementBytes = dtype === "F32" ? 4 : 2;
  const tensors = Array.from({ length: BASE.num_hidden_layers }, (_, layer) =>
    Object.entries(MODULES).flatMap(([module, [inFeatures, outFeatures]]) => {
      const name = `base_model.model.model.layers.${layer}.${module}`;
      return [
        { name: `${name}.lora_A.weight`, dtype, shape: [RANK, inFeatures] },
        { name: `${name}.lora_B.weight`, dtype, shape: [outFeatures, RANK] },
      ].map((tensor) => {
        const data = randomFillSync(new Uint8Array(elementBytes * RANK * Math.max(...tensor.shape)));
        // Exponents below that of 2, so that all are numbers.
        for (let i = elementBytes - 1; i < data.length; i += elementBytes) data[i] = (data[i] ?? 0) & 0xbf;
        return { ...tensor, data };
      });
    }),
  ).flat();
  const path = join(directory, "adapter_model.safetensors");
  const file = await open(path, "w");
  for (const chunk of encodeSafetensorsChunks({ tensors })) await file.write(chunk);
  await file.sync();
  await file.close();
  await writeFile(
    join(directory, "adapter_config.json"),
    JSON.stringify({ peft_type: "LORA", task_type: "CAUSAL_LM", r: RANK, lora_alpha: 32 }),
  );
  return (await stat(path)).size;
}

function run(task: Task, directory: string): Measured {
  const output = execFileSync(process.execPath, [import.meta.filename, task, directory], {
    encoding: "utf8",
  });
  return JSON.parse(output) as Measured;
}

/** The fastest run of each task, and the highest peak. */
function measure(directory: string): Record<Task, Measured> {
  const tasks = Object.keys(TASKS) as Task[];
  const best = Object.fromEntries(
    tasks.map((task) => [task, { milliseconds: Number.POSITIVE_INFINITY, peakBytes: 0 }]),
  ) as Record<Task, Measured>;
  for (let i = 0; i < RUNS; i += 1) {
    for (const task of tasks) {
      // Replacing a file takes the time of freeing it, which is no part of either.
      for (const output of OUTPUTS) rmSync(join(directory, output), { force: true });
      const { milliseconds, peakBytes } = run(task, directory);
      best[task].milliseconds = Math.min(best[task].milliseconds, milliseconds);
      best[task].peakBytes = Math.max(best[task].peakBytes, peakBytes);
    }
  }
  return best;
}

async function runTask(task: Task, directory: string): Promise<Measured> {
  const start = performance.now();
  await TASKS[task](directory);
  const milliseconds = performance.now() - start;
  return { milliseconds, peakBytes: peakBytes() };
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "lora-bench-convert-"));
  const rows: Record<string, string | number>[] = [];
  try {
    for (const dtype of ["F16", "BF16", "F32"] as const) {
      const adapter = join(directory, dtype);
      const sizeBytes = await writeAdapter(adapter, dtype);
      const measured = measure(adapter);
      const { copy, "copy, synced": synced } = measured;
      for (const type of ["F16", "BF16", "F32", "Q8_0"] as const) {
        const converted = measured[type];
        rows.push({
          from: dtype,
          to: type,
          MB: Math.round(sizeBytes / 1e6),
          ms: Math.round(converted.milliseconds),
          "copy, sync, read ms": Math.round(synced.milliseconds),
          ratio: Number((converted.milliseconds / synced.milliseconds).toFixed(2)),
          "copy, read ms": Math.round(copy.milliseconds),
          "ratio, not synced": Number((converted.milliseconds / copy.milliseconds).toFixed(2)),
          "peak MB": Math.round(converted.peakBytes / 1e6),
        });
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  console.table(rows);
  const [asIs] = rows;
  const met = Number(asIs?.ratio) <= MAX_RATIO && Number(asIs?.["peak MB"]) * 1e6 <= MAX_PEAK_BYTES;
  console.log(
    `F16 to F16: ${asIs?.ratio} times copying, syncing and reading (at most ${MAX_RATIO}), ` +
      `${asIs?.["peak MB"]} MB at its peak (at most ${MAX_PEAK_BYTES / 1e6}): ${met ? "met" : "NOT met"}`,
  );
  const results = join(import.meta.dirname, "results");
  await mkdir(results, { recursive: true });
  await writeFile(join(results, "convert.json"), `${JSON.stringify({ runs: RUNS, rows, met }, null, 2)}\n`);
  if (!met) process.exitCode = 1;
}

const [task, directory] = process.argv.slice(2);
if (task !== undefined && directory !== undefined)
  console.log(JSON.stringify(await runTask(task as Task, directory)));
else await main();
