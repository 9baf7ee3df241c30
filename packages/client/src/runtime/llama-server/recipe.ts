// SPDX-License-Identifier: Apache-2.0
/**
 * How llama-server must be started, and asked, for the scales of a request to be the ones that are applied:
 *
 *     llama-server -m base.gguf --lora-scaled /tmp/lora-adapters-x/0.gguf:0,/tmp/lora-adapters-x/1.gguf:0 --cache-ram 0
 *     POST /completion {"prompt":"…","lora":[{"id":0,"scale":1},{"id":1,"scale":0}]}
 *
 * - Every adapter starts at scale 0: without a scale it is applied to everything, also with `--lora-init-without-apply`.
 * - Every request names every adapter: an empty list means "the server's own scales", not "none".
 * - `--cache-ram 0`: the cache of old prompts is not keyed by adapters and would answer from another stack's state.
 */
import { LoraError } from "../../errors.ts";

/** What the caller may not set, and why: it would be without effect or break the recipe. */
const RESERVED: Readonly<Record<string, string>> = {
  "-m": "the model is the project's",
  "--model": "the model is the project's",
  "--lora": "the abilities are the project's",
  "--lora-scaled": "the abilities are the project's",
  "--lora-init-without-apply": "it breaks the scales of requests",
  "-cram": "a cache of prompts answers with the wrong abilities",
  "--cache-ram": "a cache of prompts answers with the wrong abilities",
  "--host": "lora talks to its own server on 127.0.0.1",
  "--port": "lora talks to its own server on a free port",
  "--reuse-port": "lora talks to its own server on a free port",
  "--api-key": "lora makes a key for each server",
  "--api-key-file": "lora makes a key for each server",
  "--ssl-key-file": "lora talks to its own server without TLS",
  "--ssl-cert-file": "lora talks to its own server without TLS",
  "--log-disable": "the log tells when the server is ready and why it is not",
  "--log-jsonl": "the log tells when the server is ready and why it is not",
  "-lv": "the log tells when the server is ready and why it is not",
  "--verbosity": "the log tells when the server is ready and why it is not",
  "--log-verbosity": "the log tells when the server is ready and why it is not",
};

export interface RecipeInput {
  modelPath: string;
  /** Without colons and commas. */
  adapterPaths: readonly string[];
  threads: number;
  contextTokens: number;
  extraArgs: readonly string[];
}

/**
 * llama-server takes the last of repeated arguments: what is only a default stands before the user's.
 * @throws LoraError USAGE for an argument that would break the recipe
 */
export function serverArguments(input: RecipeInput): string[] {
  for (const argument of input.extraArgs) {
    const why = Object.hasOwn(RESERVED, argument) ? RESERVED[argument] : undefined;
    if (why !== undefined) {
      throw new LoraError("USAGE", `llama-server's ${argument} cannot be set here: ${why}`, {
        hint: `remove ${argument} from runtime.args`,
      });
    }
  }
  return [
    ...["--threads", String(input.threads)],
    ...["--ctx-size", String(input.contextTokens)],
    ...["--parallel", "1"],
    ...input.extraArgs,
    ...["--model", input.modelPath],
    ...(input.adapterPaths.length === 0
      ? []
      : ["--lora-scaled", input.adapterPaths.map((path) => `${path}:0`).join(",")]),
    ...["--cache-ram", "0"],
    ...["--host", "127.0.0.1", "--port", "0"],
  ];
}

/** The `lora` member of a request. */
export function explicitScales(scales: readonly number[]): { id: number; scale: number }[] {
  return scales.map((scale, id) => ({ id, scale }));
}

/** The port, from the line in which the server says that it listens; older ones say `hostname: 127.0.0.1, port: 4711`. */
export function parseListeningLine(line: string): number | undefined {
  const found = /\blisten.*\b127\.0\.0\.1(?::|, port: )(?<port>\d{1,5})\b/.exec(line)?.groups?.port;
  return found === undefined ? undefined : Number(found);
}
