// SPDX-License-Identifier: Apache-2.0
/**
 * Resolutions as texts that read like what they are about: a registry, a project, and the exact outcome.
 *
 *     ## the title
 *     @acme/sql 1.8.0 1.9.0                                  two versions with an adapter of rank 8 for the model
 *     @acme/sql 2.0.0: for qwen rank 16; needs @acme/json ^1, @acme/tone 2.x; yanked broken
 *     project: needs @acme/sql ^2; maxRank 8
 *     => BASE_MISMATCH
 *     Because …
 *     hint: …
 *
 * or `=> solved in 2 tries` and a line for each chosen package. A version's clauses: `needs`, `wants` (optional),
 * `conflicts`, `for BASE [rank N] [N bytes] [on TARGET,…]`, `bundle`, `yanked WHY` (a JSON string where that is needed), `tagged TAG`, `published TIME`,
 * `scale X`. The project's: `needs`, `wants`, `overrides`, `locked`, a limit or `runtime LIMIT N`, `targets T,…`,
 * `minReleaseAge N` (days), `scopes @a @b`.
 */
import { LoraError } from "../../packages/client/src/errors.ts";
import { parsePackageName } from "../../packages/client/src/names.ts";
import type { Resolution } from "../../packages/client/src/resolver/index.ts";
import {
  type Base,
  base,
  createUniverse,
  GEMMA,
  LLAMA,
  on,
  type Project,
  QWEN,
  type Served,
  type ServedAdapter,
  type Universe,
} from "./universe.ts";

export interface Scenario {
  title: string;
  universe: Universe;
  project: Project;
  /** From behind `=> ` on. */
  outcome: string;
}

const BASES: Record<string, Base> = {
  llama: LLAMA,
  qwen: QWEN,
  gemma: GEMMA,
  mistral: base("mistral-7b", "0a0b0c0d0e0f"),
  phi: base("phi-3-mini", "f0e0d0c0b0a0"),
  olmo: base("olmo-2-7b", "123456789abc"),
};
const DAY = 24 * 3600 * 1000;

export function parseScenarios(text: string): Scenario[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = "", ...lines] = section.split("\n");
      const arrow = lines.findIndex((line) => line.startsWith("=> "));
      const universe = createUniverse();
      const project: Project = {};
      for (const line of lines.slice(0, arrow).filter((each) => each.trim() !== "")) {
        const [subject = "", clauses = ""] = line.split(/:(?: +|$)/, 2);
        if (subject === "project") for (const clause of clauses.split("; ")) addToProject(project, clause);
        else serve(universe, subject.trim(), clauses);
      }
      return { title, universe, project, outcome: lines.slice(arrow).join("\n").slice(3).trim() };
    });
}

/** The outcome as a scenario has it. */
export async function outcomeOf({ universe, project }: Scenario): Promise<string> {
  try {
    return describeResolution(await universe.resolve(project));
  } catch (error) {
    if (!(error instanceof LoraError)) throw error;
    const hint = error.hint === undefined ? "" : `\nhint: ${error.hint}`;
    return `${error.code}\n${error.message}${hint}`;
  }
}

function describeResolution({ packages, stats, skippedOptional }: Resolution): string {
  const tries = `solved in ${stats.decisions} ${stats.decisions === 1 ? "try" : "tries"}`;
  const lines = packages.map(({ name, version, adapter }) => {
    return `${name} ${version}${adapter && adapter.rank !== 8 ? ` rank ${adapter.rank}` : ""}`;
  });
  const skipped = skippedOptional.map(({ name, range, reason }) => `skipped ${name} ${range}: ${reason}`);
  return [tries, ...lines, ...skipped].join("\n");
}

function serve(universe: Universe, subject: string, clauses: string): void {
  const [name = "", ...versions] = subject.split(/ +/);
  const served: Served = {};
  const adapters: ServedAdapter[] = [];
  for (const clause of clauses.split("; ").filter((each) => each.trim() !== "")) {
    const [verb, rest] = split(clause);
    if (verb === "needs") served.deps = requirements(rest);
    else if (verb === "wants") served.optional = requirements(rest);
    else if (verb === "conflicts") served.conflicts = requirements(rest);
    else if (verb === "for") adapters.push(adapterOf(rest));
    else if (verb === "bundle") served.adapters = [];
    else if (verb === "yanked") served.yanked = rest.startsWith('"') ? JSON.parse(rest) : rest;
    else if (verb === "tagged") served.tags = [rest];
    else if (verb === "published") served.publishedAt = rest;
    else if (verb === "scale") served.scale = Number(rest);
    else throw new Error(`no clause of a version: ${clause}`);
  }
  if (adapters.length > 0) served.adapters = adapters;
  if (versions.length === 0) {
    const empty = parsePackageName(name);
    universe.indexes.set(empty, { v: 1, name: empty, distTags: {}, versions: {} });
  }
  for (const version of versions) universe.serve(name, version, served);
}

function addToProject(project: Project, clause: string): void {
  const [verb, rest] = split(clause);
  if (verb === "needs") project.deps = requirements(rest);
  else if (verb === "wants") project.optional = requirements(rest);
  else if (verb === "overrides") project.overrides = requirements(rest);
  else if (verb === "locked") project.locked = requirements(rest);
  else if (verb.startsWith("max")) project.limits = { ...project.limits, [verb]: Number(rest) };
  else if (verb === "minReleaseAge")
    project.policy = { ...project.policy, minReleaseAge: Number(rest) * DAY };
  else if (verb === "scopes") project.policy = { ...project.policy, scopes: rest.split(" ") };
  else if (verb === "targets") project.runtime = { ...runtimeOf(project), targets: rest.split(",") };
  else if (verb === "runtime") {
    const [limit, value] = split(rest);
    project.runtime = { ...runtimeOf(project), [limit]: Number(value) };
  } else throw new Error(`no clause of a project: ${clause}`);
}

function runtimeOf({ runtime }: Project): NonNullable<Project["runtime"]> {
  return runtime ?? { name: "llama-server" };
}

function adapterOf(text: string): ServedAdapter {
  const [, name = "", rank = "8", bytes, targets] =
    /^(\w+)(?: rank (\d+))?(?: (\d+) bytes)?(?: on (\S+))?$/.exec(text) ?? [];
  const wanted = BASES[name];
  if (wanted === undefined) throw new Error(`no adapter: ${text}`);
  return on(wanted, Number(rank), bytes === undefined ? undefined : Number(bytes), targets?.split(","));
}

/** "@a/b ^1, @c/d" */
function requirements(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(", ").map((each) => {
      const [name, range] = split(each);
      return [name, range === "" ? "*" : range];
    }),
  );
}

function split(text: string): [string, string] {
  const trimmed = text.trim();
  const space = trimmed.indexOf(" ");
  return space < 0 ? [trimmed, ""] : [trimmed.slice(0, space), trimmed.slice(space + 1).trim()];
}
