// SPDX-License-Identifier: Apache-2.0
/** What most end-to-end tests begin with: a scope, and tiny-say's abilities published to it. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Outcome, type Sandbox, tinySay } from "./sandbox.ts";

export type TinySayVersion = "v1" | "v2";
export type Ability = "upper" | "shout" | "rot13";

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
  bases?: readonly TinySayVersion[];
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
    await copyFile(
      join(tinySay, base, `${ability}.gguf`),
      sandbox.path(directory, `${ability}-${base}.gguf`),
    );
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

/** A project on one of tiny-say's files, under the sandbox. */
export async function createProject(sandbox: Sandbox, directory: string, model: string): Promise<void> {
  await mkdir(sandbox.path(directory), { recursive: true });
  await mustRun(sandbox, ["init", "--model", join(tinySay, model)], directory);
}

/** `--base` and the base's file, as a publisher who has the model passes it. */
export function baseOption(version: TinySayVersion): string[] {
  return ["--base", `tiny-say ${version}=${join(tinySay, version, "base-q8_0.gguf")}`];
}
