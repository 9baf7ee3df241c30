// SPDX-License-Identifier: Apache-2.0
/** What of a project is served, and which adapters a model's name stands for. */
import { LoraError } from "../errors.ts";
import type { Fingerprint } from "../fingerprint/index.ts";
import type { HomeDirectories } from "../home/index.ts";
import { readRunnableStack } from "../install/index.ts";
import { type PackageName, quote } from "../names.ts";
import { closureOf } from "../project/index.ts";
import { type ModelName, parseModelName } from "./model-name.ts";

export interface ServedAdapter {
  name: PackageName;
  version: string;
  /** The project's. */
  scale: number;
  sha256: string;
  rank: number;
  path: string;
}

export interface ServedStack {
  /** Of the project. */
  directory: string;
  model: { path: string; name: string; fingerprint: Fingerprint };
  /** In order of application. */
  adapters: readonly ServedAdapter[];
  /** Each installed package, bundles too, with every package of the stack that it brings, itself included. */
  abilities: ReadonlyMap<PackageName, readonly PackageName[]>;
  /** `runtime.args` of lora.json. */
  runtimeArgs: readonly string[];
}

/** Strength by sha256 of the adapter's file; what is not in it has none. */
export type AdapterScales = ReadonlyMap<string, number>;

/** @throws LoraError as `readRunnableStack` */
export async function readServedStack(directory: string, directories: HomeDirectories): Promise<ServedStack> {
  const { project, model, adapters } = await readRunnableStack(directory, directories);
  const packages = project.lockfile?.packages ?? {};
  const inStack = new Set(adapters.map(({ name }) => name));
  const closure = (start: PackageName) =>
    closureOf(project.lockfile?.packages, start).filter((name) => inStack.has(name));
  const names = new Set([...(Object.keys(packages) as PackageName[]), ...inStack]);
  return {
    directory: project.directory,
    model: { path: model.path, name: model.name, fingerprint: model.fingerprint },
    adapters: adapters.map(({ name, version, scale, sha256, rank, path }) => ({
      name,
      version,
      scale,
      sha256,
      rank,
      path,
    })),
    abilities: new Map([...names].sort().map((name) => [name, closure(name)])),
    runtimeArgs: project.manifest.runtime?.args ?? [],
  };
}

/**
 * An ability brings what it depends on, as an install does; a scale in the name goes before the project's.
 * @throws LoraError NOT_FOUND for a name that is not served, with those that are; USAGE
 */
export function scalesOf(stack: ServedStack, modelName: string): AdapterScales {
  const model = parseModelName(modelName);
  if (model === undefined) throw notServed(stack, modelName);
  const scales = new Map<string, number>();
  for (const { name, sha256, scale } of stack.adapters) {
    const asked = askedScale(stack, model, name, scale);
    // One file under two names is one adapter, applied as often.
    if (asked !== undefined) scales.set(sha256, (scales.get(sha256) ?? 0) + asked);
  }
  if (typeof model !== "string" && model.some(({ name }) => !stack.abilities.has(name)))
    throw notServed(stack, modelName);
  return scales;
}

function askedScale(
  stack: ServedStack,
  model: ModelName,
  name: PackageName,
  scale: number,
): number | undefined {
  if (model === "base") return undefined;
  if (model === "default") return scale;
  const own = model.find((term) => term.name === name);
  if (own !== undefined) return own.scale ?? scale;
  // A bundle has no strength of its own: its scale is that of everything it brings.
  const bringer = model.find((term) => stack.abilities.get(term.name)?.includes(name));
  if (bringer === undefined) return undefined;
  const isBundle = stack.abilities.get(bringer.name)?.includes(bringer.name) === false;
  return isBundle && bringer.scale !== undefined ? scale * bringer.scale : scale;
}

/** With more abilities than this the list of pairs would be longer than useful. */
const MAX_PAIRED = 6;

/** What `/v1/models` lists. Any other combination can be asked for as well. */
export function listModelNames({ abilities }: ServedStack): string[] {
  const names = [...abilities.keys()];
  const pairs =
    names.length > MAX_PAIRED
      ? []
      : names.flatMap((first, i) => names.slice(i + 1).map((second) => `${first}+${second}`));
  return ["default", "base", ...names, ...pairs];
}

function notServed(stack: ServedStack, modelName: string): LoraError {
  const names = ["default", "base", ...stack.abilities.keys()];
  return new LoraError(
    "NOT_FOUND",
    `there is no model ${quote(modelName)} here; there are ${names.join(", ")}, and combinations such as ` +
      "@a/b+@c/d:0.5",
    { details: { models: names } },
  );
}
