// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { startWorker } from "./embedded/channel.ts";
import { createEmbeddedRuntime } from "./embedded/embedded.ts";
import { defaultRoots, locateNodeLlamaCpp } from "./embedded/locate.ts";
import { createLlamaServerRuntime } from "./llama-server/llama-server.ts";
import { locateLlamaServer } from "./llama-server/locate.ts";
import type { Located } from "./located.ts";
import type { Runtime, RuntimeKind } from "./runtime.ts";

export interface FindRuntimeOptions {
  env?: NodeJS.ProcessEnv | undefined;
  /** `runtime.kind` of the project's lora.json: tried first. */
  preferred?: RuntimeKind | undefined;
  /** Where node-llama-cpp is looked for after the installation of lora itself: the project. */
  projectDirectory?: string | undefined;
  /** Replaces both places; for tests. */
  moduleRoots?: readonly string[] | undefined;
}

/** For `lora doctor`. */
export type RuntimeReport =
  | { kind: RuntimeKind; found: true; chosen: boolean; version: string; location: string }
  | { kind: RuntimeKind; found: false; reason: string };

const KINDS: readonly RuntimeKind[] = ["llama-server", "embedded"];

/**
 * `LORA_RUNTIME` decides alone; else `preferred` is tried first; else llama-server before the embedded one, as it uses
 * graphics cards and is what people keep up to date.
 * @throws LoraError RUNTIME_NOT_FOUND, which says how to get either; USAGE for an unknown LORA_RUNTIME
 */
export async function findRuntime(options: FindRuntimeOptions = {}): Promise<Runtime> {
  const reasons: string[] = [];
  for (const kind of order(options)) {
    const located = await locate(kind, options);
    if (located.found) return located.runtime;
    reasons.push(located.reason);
    if (located.insisted) {
      throw new LoraError("RUNTIME_NOT_FOUND", located.reason, {
        hint: "point LORA_LLAMA_SERVER at the llama-server program of llama.cpp, or unset it",
      });
    }
  }
  throw new LoraError("RUNTIME_NOT_FOUND", `no llama.cpp was found: ${reasons.join("; ")}`, {
    hint: "run npm install node-llama-cpp, or install llama.cpp so that llama-server is on PATH or in LORA_LLAMA_SERVER",
    details: { reasons },
  });
}

/** Both kinds, whether they are there and work, and which one `findRuntime` would take. Starts each of them once. */
export async function describeRuntimes(options: FindRuntimeOptions = {}): Promise<RuntimeReport[]> {
  const chosen = await findRuntime(options).catch(() => undefined);
  return Promise.all(
    KINDS.map(async (kind): Promise<RuntimeReport> => {
      const located = await locate(kind, options);
      if (!located.found) return { kind, found: false, reason: located.reason };
      const { version, location } = located.runtime;
      try {
        const llamaCpp = await located.probe();
        return {
          kind,
          found: true,
          chosen: kind === chosen?.kind,
          version: llamaCpp === undefined ? version : `${version} (llama.cpp ${llamaCpp})`,
          location,
        };
      } catch (error) {
        if (error instanceof LoraError) return { kind, found: false, reason: error.message };
        throw error;
      }
    }),
  );
}

function order({ env = process.env, preferred }: FindRuntimeOptions): readonly RuntimeKind[] {
  const forced = env.LORA_RUNTIME;
  if (forced === undefined || forced === "") {
    return preferred === undefined ? KINDS : [preferred, ...KINDS.filter((kind) => kind !== preferred)];
  }
  const kind = KINDS.find((candidate) => candidate === forced);
  if (kind !== undefined) return [kind];
  throw new LoraError("USAGE", `LORA_RUNTIME is ${quote(forced)}, which is no runtime`, {
    hint: `set LORA_RUNTIME to ${KINDS.join(" or ")}, or unset it`,
  });
}

/** `probe` starts what was found only on paper, and resolves to its llama.cpp's release where that is not its version. */
type Candidate = Located<{ runtime: Runtime; probe: () => Promise<string | undefined> }>;

async function locate(kind: RuntimeKind, options: FindRuntimeOptions): Promise<Candidate> {
  const env = options.env ?? process.env;
  if (kind === "llama-server") {
    const located = await locateLlamaServer(env);
    if (!located.found) return located;
    const runtime = createLlamaServerRuntime(located.executable, located.version, env);
    return { found: true, runtime, probe: async () => undefined };
  }
  const roots = options.moduleRoots ?? defaultRoots(options.projectDirectory ?? process.cwd());
  const located = await locateNodeLlamaCpp(roots);
  if (!located.found) return located;
  const { moduleUrl } = located;
  return {
    found: true,
    runtime: createEmbeddedRuntime(located, env),
    probe: async () => {
      const worker = await startWorker(env);
      try {
        return await worker.open({ type: "probe", moduleUrl }, "starting");
      } finally {
        await worker.stop();
      }
    },
  };
}
