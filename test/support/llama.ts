// SPDX-License-Identifier: Apache-2.0
/** The real llama.cpps that tests run on, each with one thread: two of them spin against each other on a busy machine. */
import { LoraError } from "@lora/client/errors";
import { findRuntime, type LoadedModel, type Runtime, type RuntimeKind } from "@lora/client/runtime";
import { describe, it } from "vitest";
import {
  ABILITIES,
  type Ability,
  abilityPath,
  type BaseVersion,
  basePath,
  type Quantization,
} from "./tiny-say.ts";

const KINDS: readonly RuntimeKind[] = ["llama-server", "embedded"];

export const llamaEnvironment = (kind: RuntimeKind, env: NodeJS.ProcessEnv = process.env) => ({
  ...env,
  LORA_RUNTIME: kind,
  LORA_THREADS: "1",
});

/**
 * Declares the suite once for each runtime, or for those that are named. A machine without llama-server skips its half under a name that says so,
 * but fails with `LORA_REQUIRE_SERVICES=1`, or when LORA_LLAMA_SERVER names one that does not work.
 */
export async function forEachRuntime(
  suite: (runtime: Runtime) => void,
  ...only: RuntimeKind[]
): Promise<void> {
  for (const kind of only.length > 0 ? only : KINDS) {
    const runtime = await findRuntime({ env: llamaEnvironment(kind) }).catch(asMissing);
    if (!(runtime instanceof LoraError)) describe(`${kind} ${runtime.version}`, () => suite(runtime));
    else if (mayBeMissing(kind))
      describe.skip(`${kind}: ${runtime.message}`, () => void it("runs", () => {}));
    else {
      describe(kind, () => {
        it("is on this machine", () => {
          throw runtime;
        });
      });
    }
  }
}

function asMissing(error: unknown): LoraError {
  if (error instanceof LoraError && error.code === "RUNTIME_NOT_FOUND") return error;
  throw error;
}

function mayBeMissing(kind: RuntimeKind): boolean {
  const { LORA_REQUIRE_SERVICES: required, LORA_LLAMA_SERVER: named } = process.env;
  return kind === "llama-server" && required !== "1" && (named ?? "") === "";
}

/** A base of tiny-say with all three abilities of a version, none of them applied unless a request says so. */
export function loadTinySay(
  runtime: Runtime,
  {
    base = "v1",
    quantization = "q8_0",
    abilitiesOf = base,
  }: { base?: BaseVersion; quantization?: Quantization; abilitiesOf?: BaseVersion } = {},
): Promise<LoadedModel> {
  return runtime.load({
    modelPath: basePath(base, quantization),
    adapters: ABILITIES.map((name) => ({ name, path: abilityPath(abilitiesOf, name), scale: 0 })),
    threads: 1,
  });
}

/** The answer to one line, as the table of tiny-say has it. */
export async function say(
  model: LoadedModel,
  prompt: string,
  scales: Partial<Record<Ability, number>> = {},
): Promise<string> {
  const { text } = await model.generate({ prompt, scales, maxTokens: 32, temperature: 0, stop: ["\n"] });
  return text;
}

/** For suites that need llama-server: what they are called, and whether the machine has none. */
export const llamaServerSuite = await (async () => {
  const runtime = await findRuntime({ env: llamaEnvironment("llama-server") }).catch(asMissing);
  if (!(runtime instanceof LoraError)) return { skipped: false, name: `llama-server ${runtime.version}` };
  if (!mayBeMissing("llama-server")) throw runtime;
  return { skipped: true, name: `llama-server: ${runtime.message}` };
})();
