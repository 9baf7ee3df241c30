// SPDX-License-Identifier: Apache-2.0
/** What could be newer in a project, and what holds it back. */
import { LoraError } from "../errors.ts";
import { type PackageName, scopeOf } from "../names.ts";
import { type Lockfile, type Project, type Requested, readProject, requestedBy } from "../project/index.ts";
import { newestVersion, type Version } from "../versions.ts";
import type { InstallDeps } from "./install.ts";
import { type Model, readModel } from "./model.ts";
import { resolveProject } from "./plan.ts";

export interface OutdatedPackage {
  name: PackageName;
  current: Version;
  /** What `lora update` would take; undefined where it would no longer be needed. */
  wanted: Version | undefined;
  /** The registry's newest release that is not yanked. */
  latest: Version;
  /** Why `wanted` is not `latest`. */
  heldBack: string | undefined;
}

/** In order of names; packages that are at their latest are left out. */
export async function findOutdated(deps: InstallDeps, directory: string): Promise<OutdatedPackage[]> {
  const project = await readProject(directory);
  const { lockfile } = project;
  if (lockfile === undefined) {
    throw new LoraError("NOT_INSTALLED", "nothing is installed in this project yet", {
      hint: "run lora install",
    });
  }
  const model = await readModel(project.modelPath, deps.directories.cache);
  const requested = requestedBy(project.manifest);
  const newest = await resolveUnlocked(deps, model, requested);
  const outdated: OutdatedPackage[] = [];
  for (const [key, { version: current }] of Object.entries(lockfile.packages)) {
    const name = key as PackageName;
    const latest = await latestVersion(deps, name);
    const wanted = newest.packages[name]?.version;
    if (latest === undefined || (current === latest && wanted === latest)) continue;
    const heldBack =
      wanted === latest ? undefined : await whyNot(deps, { model, requested, project, newest }, name, latest);
    outdated.push({ name, current, wanted, latest, heldBack });
  }
  return outdated.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function resolveUnlocked(deps: InstallDeps, model: Model, requested: Requested): Promise<Lockfile> {
  const { registryFor } = deps;
  const now = deps.now?.() ?? new Date();
  return (await resolveProject({ requested, model, registryFor, locked: undefined, now })).lockfile;
}

async function latestVersion(deps: InstallDeps, name: PackageName): Promise<Version | undefined> {
  const index = await (await deps.registryFor(scopeOf(name))).index(name);
  const live = Object.entries(index?.versions ?? {}).filter(([, { yanked }]) => yanked === undefined);
  return newestVersion(live.map(([version]) => version as Version));
}

/** By trying: a range that is too narrow is named, anything else the resolver explains. */
async function whyNot(
  deps: InstallDeps,
  context: { model: Model; requested: Requested; project: Project; newest: Lockfile },
  name: PackageName,
  latest: Version,
): Promise<string> {
  const { model, requested, newest } = context;
  const own = requested.dependencies[name]?.range;
  if (own !== undefined) {
    const dependencies = {
      ...requested.dependencies,
      [name]: { ...requested.dependencies[name], range: latest },
    };
    const failure = await resolveUnlocked(deps, model, { ...requested, dependencies } as Requested).catch(
      asExplanation,
    );
    return typeof failure === "string" ? failure : `lora.json asks for ${own}`;
  }
  const dependents = Object.entries(newest.packages)
    .filter(([, { dependencies }]) => Object.hasOwn(dependencies, name))
    .map(
      ([dependent, { version, dependencies }]) => `${dependent} ${version} depends on ${dependencies[name]}`,
    );
  return dependents.join(", ") || "nothing depends on it any more";
}

function asExplanation(error: unknown): string {
  if (error instanceof LoraError) return error.message;
  throw error;
}
