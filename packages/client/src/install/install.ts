// SPDX-License-Identifier: Apache-2.0
/**
 * Installing: what lora.json asks becomes a lockfile, verified files and a stack. Whatever fails, fails before the first
 * of `lora.json`, `lora-lock.json` and `.lora/stack.json` is replaced; a crash between them is mended by the next install.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import pLimit from "p-limit";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { withFileLock } from "../file-lock/index.ts";
import type { HomeDirectories } from "../home/index.ts";
import { type PackageName, type PackageSpec, scopeOf } from "../names.ts";
import {
  answersRequest,
  editDependencies,
  formatLockfile,
  LOCKFILE_NAME,
  type Lockfile,
  MANIFEST_NAME,
  type Project,
  type Requested,
  readProject,
  requestedBy,
} from "../project/index.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { type DurableFile, type Store, writeFilesDurably } from "../store/index.ts";
import { diffLockfiles, type PackageChange } from "./changes.ts";
import {
  adapterPath,
  type InstalledStack,
  isStackIntact,
  pruneAdapters,
  readInstalledStack,
  stackFiles,
  stampOf,
} from "./installed-stack.ts";
import { type LinkKind, linkBlob } from "./link.ts";
import { type Model, readModel } from "./model.ts";
import { requestSpecs, resolveProject, savedDependencies } from "./plan.ts";
import { fetchAndVerifyRelease } from "./verify-release.ts";

const PROJECT_LOCK_WAIT_MS = 10 * 60 * 1000;
export const DEFAULT_DOWNLOADS_AT_ONCE = 16;

export interface InstallDeps {
  store: Store;
  directories: HomeDirectories;
  /** Called only when the network is needed: a locked and cached install never does. */
  registry: () => Promise<RegistryClient>;
  now?: () => Date;
  onProgress?: (progress: InstallProgress) => void;
}

export type InstallProgress =
  | { step: "resolve" }
  /** Of all adapters of the stack; those in the store already count as done. */
  | { step: "fetch"; doneBytes: number; totalBytes: number }
  | { step: "link" };

export interface InstallRequest {
  /** Of the project, or below it. */
  directory: string;
  add?: readonly PackageSpec[];
  remove?: readonly PackageName[];
  /** Say what would happen; nothing is fetched beyond index files, nothing is written. */
  dryRun?: boolean;
}

export interface InstallOutcome {
  directory: string;
  model: Model;
  lockfile: Lockfile;
  changes: PackageChange[];
  /** Nothing had to be done. */
  upToDate: boolean;
  fetchedBytes: number;
  linkedBy: LinkKind[];
}

/** @throws LoraError of the step that failed; the project is then as it was */
export async function installProject(deps: InstallDeps, request: InstallRequest): Promise<InstallOutcome> {
  const { directory } = await readProject(request.directory);
  return withProjectLock(deps, directory, async () => {
    const project = await readProject(directory);
    const model = await readModel(project.modelPath, deps.directories.cache);
    const requested = changeRequest(requestedBy(project.manifest), request, project);
    const lockfile = await lockRequest(deps, project, model, requested);
    const outcome = {
      directory,
      model,
      lockfile,
      changes: diffLockfiles(project.lockfile, lockfile),
      upToDate: false,
      fetchedBytes: 0,
      linkedBy: [],
    };
    if (request.dryRun) return outcome;
    const manifestText = editedManifest(project, lockfile.requested);
    const lockfileText = formatLockfile(lockfile);
    const installed = await readInstalledStack(directory);
    const written = project.lockfileText === lockfileText && project.manifestText === manifestText;
    if (written && installed !== undefined && (await isStackIntact(directory, installed, lockfileText))) {
      return { ...outcome, upToDate: true };
    }
    const fetchedBytes = await fetchAll(deps, lockfile, model);
    deps.onProgress?.({ step: "link" });
    const { stack, linkedBy } = await linkStack(deps, directory, lockfile, lockfileText);
    const files: DurableFile[] = [
      ...(manifestText === project.manifestText
        ? []
        : [{ path: join(directory, MANIFEST_NAME), data: manifestText }]),
      ...(lockfileText === project.lockfileText
        ? []
        : [{ path: join(directory, LOCKFILE_NAME), data: lockfileText }]),
      ...stackFiles(directory, stack),
    ];
    await writeFilesDurably(files);
    await pruneAdapters(directory, stack);
    await deps.store.rememberProject(directory);
    return { ...outcome, fetchedBytes, linkedBy };
  });
}

function changeRequest(requested: Requested, request: InstallRequest, project: Project): Requested {
  const changed = requestSpecs(requested, request.add ?? []);
  for (const name of request.remove ?? []) {
    if (!Object.hasOwn(changed.dependencies, name)) throw notADependency(name, project);
    delete changed.dependencies[name];
  }
  return changed;
}

/** The lockfile that answers the request: the one that is there if it does, else a new one by the resolver. */
async function lockRequest(
  deps: InstallDeps,
  project: Project,
  model: Model,
  requested: Requested,
): Promise<Lockfile> {
  const present = project.lockfile;
  if (present !== undefined && answersRequest(present, requested, model.fingerprint)) return present;
  deps.onProgress?.({ step: "resolve" });
  const { lockfile } = await resolveProject({
    requested,
    model,
    registry: await deps.registry(),
    locked: present,
    now: deps.now?.() ?? new Date(),
  });
  if (present !== undefined) assertPinnedKeys(present, lockfile);
  const specs = Object.keys(requested.dependencies).map((name) => ({
    name: name as PackageName,
    range: undefined,
  }));
  return {
    ...lockfile,
    requested: { ...requested, dependencies: savedDependencies(requested, specs, lockfile.packages) },
  };
}

/** A scope whose key this project has pinned may not change it without the user's word. */
function assertPinnedKeys(before: Lockfile, after: Lockfile): void {
  const pinned = new Map<string, Set<string>>();
  for (const [name, { keyId }] of Object.entries(before.packages)) {
    const scope = scopeOf(name as PackageName);
    pinned.set(scope, (pinned.get(scope) ?? new Set()).add(keyId));
  }
  for (const [name, { keyId, version }] of Object.entries(after.packages)) {
    const keys = pinned.get(scopeOf(name as PackageName));
    if (keys === undefined || keys.has(keyId)) continue;
    throw new LoraError(
      "KEY_CHANGED",
      `${name} ${version} is signed by key ${keyId.slice(0, 12)}, but this project has pinned ${[...keys].map((key) => key.slice(0, 12)).join(", ")}`,
      { details: { name, version, keyId, pinned: [...keys] } },
    );
  }
}

async function fetchAll(deps: InstallDeps, lockfile: Lockfile, model: Model): Promise<number> {
  const packages = Object.entries(lockfile.packages);
  const totalBytes = packages.reduce((sum, [, { adapter }]) => sum + (adapter?.sizeBytes ?? 0), 0);
  let doneBytes = 0;
  let fetchedBytes = 0;
  const advance = (bytes: number) => {
    doneBytes += bytes;
    deps.onProgress?.({ step: "fetch", doneBytes, totalBytes });
  };
  const limit = pLimit(DEFAULT_DOWNLOADS_AT_ONCE);
  let client: Promise<RegistryClient> | undefined;
  const registry = () => {
    client ??= deps.registry();
    return client;
  };
  const fetchOne = async ([name, locked]: (typeof packages)[number]) => {
    let ownBytes = 0;
    const onBytes = (bytes: number) => {
      ownBytes += bytes;
      fetchedBytes += bytes;
      advance(bytes);
    };
    await fetchAndVerifyRelease({ store: deps.store, registry, onBytes }, name as PackageName, locked, model);
    // What was in the store already counts as done too.
    advance((locked.adapter?.sizeBytes ?? 0) - ownBytes);
  };
  // Let all of them come to an end before the first failure is reported: nothing goes on behind the caller's back.
  const results = await Promise.allSettled(packages.map((entry) => limit(() => fetchOne(entry))));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return fetchedBytes;
}

async function linkStack(
  deps: InstallDeps,
  directory: string,
  lockfile: Lockfile,
  lockfileText: string,
): Promise<{ stack: InstalledStack; linkedBy: LinkKind[] }> {
  const linkedBy: LinkKind[] = [];
  const stack: InstalledStack = {
    v: 1,
    lockfile: sha256Of(lockfileText),
    base: lockfile.base.fingerprint,
    adapters: [],
  };
  for (const { name, scale } of lockfile.stack) {
    const locked = lockfile.packages[name];
    if (locked?.adapter === undefined) continue;
    const { sha256, sizeBytes, rank } = locked.adapter;
    const path = adapterPath(directory, { sha256 });
    linkedBy.push(await linkBlob(deps.store.blobPath(sha256), path));
    stack.adapters.push({
      name,
      version: locked.version,
      scale,
      rank,
      sha256,
      sizeBytes,
      stamp: await stampOf(path),
    });
  }
  return { stack, linkedBy };
}

function editedManifest(project: Project, requested: Requested): string {
  const before = requestedBy(project.manifest).dependencies;
  const changes = new Map<PackageName, Requested["dependencies"][PackageName] | undefined>();
  for (const [name, dependency] of Object.entries(requested.dependencies)) {
    const old = before[name as PackageName];
    if (old?.range !== dependency.range || old.scale !== dependency.scale)
      changes.set(name as PackageName, dependency);
  }
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(requested.dependencies, name)) changes.set(name as PackageName, undefined);
  }
  return changes.size === 0 ? project.manifestText : editDependencies(project.manifestText, changes);
}

function notADependency(name: PackageName, project: Project): LoraError {
  const dependents = Object.entries(project.lockfile?.packages ?? {})
    .filter(([, { dependencies }]) => Object.hasOwn(dependencies, name))
    .map(([dependent]) => dependent);
  return new LoraError("NOT_INSTALLED", `${name} is not a dependency of this project`, {
    ...(dependents.length === 0
      ? {}
      : { hint: `it came with ${dependents.join(", ")}: remove that instead` }),
  });
}

/** Outside the project, so that a refused install leaves no trace in it. */
async function withProjectLock<Result>(
  deps: InstallDeps,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = join(deps.directories.data, "locks", `${sha256Of(directory)}.lock`);
  await mkdir(dirname(path), { recursive: true });
  return withFileLock(path, work, { wait: PROJECT_LOCK_WAIT_MS });
}
