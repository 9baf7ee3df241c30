// SPDX-License-Identifier: Apache-2.0
/**
 * What a project's lora.json may pass to llama-server. A project can come from anywhere, and llama-server can be told to
 * write files, to download and to start programs: so only options of speed and memory, with values that are plain words
 * or numbers. Everything else belongs on the command line of whoever runs it (`lora serve -- …`).
 */
const WITH_VALUE = new Set(
  [
    ["-c", "--ctx-size"],
    ["-t", "--threads", "-tb", "--threads-batch"],
    ["-b", "--batch-size", "-ub", "--ubatch-size", "-np", "--parallel"],
    [
      "-ngl",
      "--gpu-layers",
      "--n-gpu-layers",
      "-sm",
      "--split-mode",
      "-ts",
      "--tensor-split",
      "-mg",
      "--main-gpu",
    ],
    ["-dev", "--device", "-fa", "--flash-attn", "--numa", "-lm", "--load-mode"],
    ["-ctk", "--cache-type-k", "-ctv", "--cache-type-v", "--defrag-thold", "-dt"],
    ["--rope-scaling", "--rope-scale", "--rope-freq-base", "--rope-freq-scale"],
    ["-s", "--seed"],
  ].flat(),
);
const WITHOUT_VALUE = new Set([
  "--mlock",
  "--no-mmap",
  "-nkvo",
  "--no-kv-offload",
  "--swa-full",
  "--no-warmup",
  "--jinja",
]);
const VALUE = /^(?:[A-Za-z0-9][\w.,:/-]{0,63}|-\d+(?:\.\d+)?)$/;

/** The first argument that a project may not pass; undefined when all are fine. */
export function findForbiddenArgument(args: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i += 1) {
    const argument = args[i] as string;
    if (WITHOUT_VALUE.has(argument)) continue;
    const value = args[i + 1];
    if (!WITH_VALUE.has(argument) || value === undefined || !VALUE.test(value)) return argument;
    i += 1;
  }
  return undefined;
}
