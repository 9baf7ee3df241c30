// SPDX-License-Identifier: Apache-2.0
/** From a project and a wish to the lockfile that answers it: the one that is there if it does, else the resolver's. */
import type { IndexVersion } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type PackageName, quote } from "../names.ts";
import {
  answersRequest,
  LOCKFILE_NAME,
  type Lockfile,
  type Project,
  type Requested,
  requestedBy,
} from "../project/index.ts";
import type { Resolution } from "../resolver/index.ts";
import type { ReleaseTrust } from "../trust/index.ts";
import type { InstallDeps, InstallRequest } from "./install.ts";
import type { Model } from "./model.ts";
import { ANY_VERSION, requestSpecs, savedDependencies } from "./requested.ts";

/** The present lockfile, where it answers what is asked. @throws LoraError NOT_INSTALLED */
export function answeringLockfile(
  project: Project,
  model: Model,
  request: InstallRequest,
): Lockfile | undefined {
  const { lockfile } = project;
  const requested = changeRequest(project, request);
  if (request.update !== undefined || lockfile === undefined) return undefined;
  return answersRequest(lockfile, requested, model.fingerprint) ? lockfile : undefined;
}

export interface LockedProject {
  lockfile: Lockfile;
  /** What a person should know of a new answer, a line or more each. */
  notes: string[];
  /** What the registry said of the versions that a new answer has, to be held against what was signed. */
  entries: ReadonlyMap<PackageName, IndexVersion>;
}

/**
 * @throws LoraError NO_SOLUTION, BASE_MISMATCH, …, LOCKFILE_OUTDATED, NOT_INSTALLED, and as `trust.checkIndex`
 */
export async function lockProject(
  deps: InstallDeps,
  project: Project,
  model: Model,
  request: InstallRequest,
  trust?: ReleaseTrust,
): Promise<LockedProject> {
  const kept = answeringLockfile(project, model, request);
  if (kept !== undefined) return { lockfile: kept, notes: [], entries: new Map() };
  const present = project.lockfile;
  const requested = changeRequest(project, request);
  if (request.frozen) throw outdated(project, model);
  deps.onProgress?.({ step: "resolve" });
  // Most installs find their answer in the lockfile.
  const { resolveProject } = await import("./plan.ts");
  const { lockfile, resolution } = await resolveProject({
    requested,
    model,
    registryFor: deps.registryFor,
    ...(trust === undefined ? {} : { checkIndex: trust.checkIndex }),
    locked: present === undefined ? undefined : keptChoices(present, request.update ?? []),
    now: deps.now?.() ?? new Date(),
  });
  const dependencies = savedDependencies(requested, lockfile.packages);
  return {
    lockfile: { ...lockfile, requested: { ...requested, dependencies } },
    notes: notesOf(resolution),
    entries: new Map(resolution.packages.map(({ name, entry }) => [name, entry])),
  };
}

function notesOf({ packages, skippedOptional, scaleDisagreements }: Resolution): string[] {
  const deprecated = packages
    .filter(({ entry }) => entry.deprecated !== undefined)
    .map(({ name, version, entry }) => `${name} ${version} is deprecated: ${entry.deprecated}`);
  const skipped = skippedOptional.map(
    ({ name, range, reason }) => `the optional ${name} ${range} was left out: ${reason}`,
  );
  const scales = scaleDisagreements.map(({ name, asked, taken }) => {
    const wishes = asked.map(({ dependent, scale }) => `${dependent} asks for ${scale}`).join(", ");
    return `${name} is applied at scale ${taken}, its own: ${wishes}`;
  });
  return [...deprecated, ...skipped, ...scales];
}

function changeRequest(project: Project, request: InstallRequest): Requested {
  const changed = requestSpecs(requestedBy(project.manifest), request.add ?? []);
  const { dependencies } = changed;
  for (const name of request.remove ?? []) {
    if (!Object.hasOwn(dependencies, name)) throw notADependency(name, project, "remove that instead");
    delete dependencies[name];
  }
  for (const [name, scale] of request.scales ?? []) {
    const dependency = dependencies[name];
    if (dependency === undefined) throw notADependency(name, project, `run lora install ${name} first`);
    dependencies[name] = { ...dependency, scale };
  }
  for (const name of updatedNames(project, request)) {
    const dependency = dependencies[name];
    if (request.latest && dependency !== undefined)
      dependencies[name] = { ...dependency, range: ANY_VERSION };
  }
  return changed;
}

function updatedNames(project: Project, { update = [] }: InstallRequest): readonly PackageName[] {
  const locked = Object.keys(project.lockfile?.packages ?? {}) as PackageName[];
  if (update === "all")
    return [...new Set([...locked, ...(Object.keys(project.manifest.dependencies ?? {}) as PackageName[])])];
  for (const name of update) {
    if (!locked.includes(name))
      throw new LoraError("NOT_INSTALLED", `${name} is not installed in this project`, {
        hint: "see what is: lora list",
      });
  }
  return update;
}

function keptChoices(lockfile: Lockfile, update: "all" | readonly PackageName[]): Lockfile | undefined {
  if (update === "all") return undefined;
  const kept = Object.entries(lockfile.packages).filter(([name]) => !update.includes(name as PackageName));
  return { ...lockfile, packages: Object.fromEntries(kept) as Lockfile["packages"] };
}

function outdated(project: Project, model: Model): LoraError {
  const present = project.lockfile;
  const why =
    present === undefined
      ? `there is no ${LOCKFILE_NAME}`
      : present.base.fingerprint !== model.fingerprint
        ? `${LOCKFILE_NAME} is for another base than ${quote(project.manifest.model)}`
        : `${LOCKFILE_NAME} does not answer what lora.json asks for`;
  return new LoraError("LOCKFILE_OUTDATED", `${why}, and it is frozen`, {
    hint: "run lora install where it may change, and commit the lockfile",
  });
}

function notADependency(name: PackageName, project: Project, instead: string): LoraError {
  const dependents = Object.entries(project.lockfile?.packages ?? {})
    .filter(([, { dependencies }]) => Object.hasOwn(dependencies, name))
    .map(([dependent]) => dependent);
  return new LoraError("NOT_INSTALLED", `${name} is not a dependency of this project`, {
    ...(dependents.length === 0 ? {} : { hint: `it came with ${dependents.join(", ")}: ${instead}` }),
  });
}
