// SPDX-License-Identifier: Apache-2.0
/** What most end-to-end tests begin with: a scope, and tiny-say's abilities published to it. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { startTestRegistry, type TestRegistry, type TestRegistryOptions } from "./registry.ts";
import { createSandbox, type Outcome, type Sandbox } from "./sandbox.ts";
import { type Ability, abilityPath, type BaseVersion, basePath, type Quantization } from "./tiny-say.ts";

/** @throws Error with both streams when the command fails: a test's set-up is not what it tests */
export async function mustRun(sandbox: Sandbox, args: readonly string[], cwd = "."): Promise<Outcome> {
  const outcome = await sandbox.lora(args, { cwd });
  if (outcome.exitCode === 0) return outcome;
  throw new Error(
    `lora ${args.join(" ")} ended with ${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`,
  );
}

export interface AbilityRelease {
  name: `@${string}/${string}`;
  version?: string;
  ability: Ability;
  /** Which bases it gets an adapter for. */
  bases?: readonly BaseVersion[];
  /** Merged into lora.json. */
  manifest?: Record<string, unknown>;
}

/** Writes a package of tiny-say's adapters and publishes it with its bases. @returns the package's directory */
export async function publishAbility(sandbox: Sandbox, release: AbilityRelease): Promise<string> {
  const { name, version = "1.0.0", ability, bases = ["v1"] } = release;
  const directory = `packages/${name.slice(1).replace("/", "-")}-${version}`;
  await mkdir(sandbox.path(directory), { recursive: true });
  const adapters = bases.map((base) => ({
    file: `${ability}-${base}.gguf`,
    base: { name: `tiny-say ${base}` },
  }));
  for (const base of bases) {
    await copyFile(abilityPath(base, ability), sandbox.path(directory, `${ability}-${base}.gguf`));
  }
  await writeFile(
    sandbox.path(directory, "lora.json"),
    JSON.stringify({ name, version, adapters, ...release.manifest }),
  );
  await mustRun(sandbox, ["publish", directory, ...bases.flatMap(baseOption)]);
  return directory;
}

export async function publishBundle(
  sandbox: Sandbox,
  name: `@${string}/${string}`,
  dependencies: Record<string, string>,
  version = "1.0.0",
): Promise<void> {
  const directory = `packages/${name.slice(1).replace("/", "-")}-${version}`;
  await mkdir(sandbox.path(directory), { recursive: true });
  await writeFile(sandbox.path(directory, "lora.json"), JSON.stringify({ name, version, dependencies }));
  await mustRun(sandbox, ["publish", directory]);
}

/** A project on one of tiny-say's files, which is copied into it: a test may replace it. */
export async function createProject(
  sandbox: Sandbox,
  directory: string,
  { base = "v1", quantization = "q8_0" }: { base?: BaseVersion; quantization?: Quantization } = {},
): Promise<void> {
  await mkdir(sandbox.path(directory), { recursive: true });
  await copyFile(basePath(base, quantization), sandbox.path(directory, "model.gguf"));
  await mustRun(sandbox, ["init", "--model", "model.gguf"], directory);
}

/** A registry of its own, and a sandbox that is logged in to it with the scope @demo. */
export async function createWorkplace(
  options: TestRegistryOptions = {},
): Promise<{ registry: TestRegistry; sandbox: Sandbox } & AsyncDisposable> {
  const registry = await startTestRegistry(options);
  const sandbox = await createSandbox({ LORA_REGISTRY: registry.url });
  await mustRun(sandbox, ["login", "--token", registry.token]);
  await mustRun(sandbox, ["scope", "create", "@demo"]);
  return {
    registry,
    sandbox,
    [Symbol.asyncDispose]: async () => {
      await registry.stop();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

/** `--base` and the base's file, as a publisher who has the model passes it. */
export function baseOption(version: BaseVersion): string[] {
  return ["--base", `tiny-say ${version}=${basePath(version, "q8_0")}`];
}
