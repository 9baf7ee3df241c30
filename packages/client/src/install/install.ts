// SPDX-License-Identifier: Apache-2.0
/**
 * Installing: what lora.json asks becomes a lockfile, verified files and a stack. Whatever fails, fails before the first
 * of `lora.json`, `lora-lock.json` and `.lora/stack.json` is replaced; a crash between them is mended by the next install.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { HomeDirectories } from "../home/index.ts";
import type { PackageName, PackageSpec, ScopeName } from "../names.ts";
import {
  editDependencies,
  findProject,
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
import type { ReleaseTrust } from "../trust/index.ts";
import { diffLockfiles, type PackageChange } from "./changes.ts";
import {
  adapterPath,
  assertOwnDirectories,
  INSTALL_DIRECTORY,
  type InstalledStack,
  isStackIntact,
  pruneAdapters,
  readInstalledStack,
  stackFiles,
  stackOrigin,
  stampOf,
} from "./installed-stack.ts";
import { type LinkKind, linkBlob } from "./link.ts";
import { answeringLockfile, lockProject } from "./lock.ts";
import { type Model, readModel } from "./model.ts";

export interface InstallDeps {
  store: Store;
  directories: HomeDirectories;
  /** Called only when the network may be needed: a locked and cached install never does. */
  registryFor: (scope: ScopeName) => Promise<RegistryClient>;
  /** At once. */
  downloads: number;
  now?: () => Date;
  /** For `LORA_LOG_POLICY` and its like. Default: the process's. */
  env?: NodeJS.ProcessEnv;
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
  /** Strengths of dependencies in the project's stack. */
  scales?: ReadonlyMap<PackageName, number>;
  /** Whose locked choice is given up for the newest version in its range. */
  update?: "all" | readonly PackageName[];
  /** With `update`: the newest version whatever the range in lora.json says, which is rewritten. */
  latest?: boolean;
  /** Fail with LOCKFILE_OUTDATED rather than change the lockfile. */
  frozen?: boolean;
  /** Make `.lora/` anew. */
  clean?: boolean;
  /** False leaves lora.json and the lockfile as they are; the next install undoes what this one did. */
  save?: boolean;
  /** Say what would happen; nothing is fetched beyond index files, nothing is written. */
  dryRun?: boolean;
}

export interface InstallOutcome {
  directory: string;
  model: Model;
  lockfile: Lockfile;
  changes: PackageChange[];
  /** What a person should know: deprecations, optional abilities that were left out, disagreements about scales. */
  notes: string[];
  /** Nothing had to be done. */
  upToDate: boolean;
  fetchedBytes: number;
  linkedBy: LinkKind[];
}

/** @throws LoraError of the step that failed; the project is then as it was */
export async function installProject(deps: InstallDeps, request: InstallRequest): Promise<InstallOutcome> {
  const { directory } = await findProject(request.directory);
  const upToDate = await findUpToDate(deps, request, directory);
  if (upToDate !== undefined) return upToDate;
  const { withProjectLock } = await import("./project-lock.ts");
  return withProjectLock(deps.directories.data, directory, () => installLocked(deps, request, directory));
}

/**
 * The outcome where nothing has to be done. Needs no lock: whoever installs here meanwhile replaces stack.json last, so
 * what fits together now was all there at one moment.
 */
async function findUpToDate(
  deps: InstallDeps,
  request: InstallRequest,
  directory: string,
): Promise<InstallOutcome | undefined> {
  if (request.clean || request.dryRun) return undefined;
  const project = await readProject(directory);
  const model = await readModel(project.modelPath, deps.directories.cache);
  const lockfile = answeringLockfile(project, model, request);
  if (lockfile === undefined) return undefined;
  if (request.save !== false && savedFiles(project, lockfile).length > 0) return undefined;
  const installed = await readInstalledStack(directory);
  if (installed === undefined) return undefined;
  const origin = stackOrigin(project, undefined);
  if (!(await isStackIntact(directory, installed, origin, lockfile))) return undefined;
  return {
    directory,
    model,
    lockfile,
    changes: [],
    notes: [],
    upToDate: true,
    fetchedBytes: 0,
    linkedBy: [],
  };
}

async function installLocked(
  deps: InstallDeps,
  request: InstallRequest,
  directory: string,
): Promise<InstallOutcome> {
  const project = await readProject(directory);
  const model = await readModel(project.modelPath, deps.directories.cache);
  const trust = lazyTrust(deps, project.lockfile);
  const locked = await lockProject(deps, project, model, request, trust);
  const { notes, entries } = locked;
  let { lockfile } = locked;
  const changes = diffLockfiles(project.lockfile, lockfile);
  const outcome = {
    directory,
    model,
    lockfile,
    changes,
    notes,
    upToDate: false,
    fetchedBytes: 0,
    linkedBy: [],
  };
  if (request.dryRun) return outcome;
  let saved = request.save === false ? [] : savedFiles(project, lockfile);
  const installed = await readInstalledStack(directory);
  const isDone = saved.length === 0 && !request.clean && installed !== undefined;
  let origin = stackOrigin(project, saved.length === 0 ? undefined : lockfile);
  if (isDone && (await isStackIntact(directory, installed, origin, lockfile)))
    return { ...outcome, upToDate: true };

  // From here on something has to be done; all that does it is loaded now.
  const { fetchAll } = await import("./fetch.ts");
  if (!request.clean) await assertOwnDirectories(directory);
  const { fetchedBytes, logIndexes } = await fetchAll(deps, lockfile, model, entries, trust);
  notes.push(...(await trust.settle()));
  if (entries.size > 0) {
    lockfile = withLogIndexes(lockfile, logIndexes);
    saved = request.save === false ? [] : savedFiles(project, lockfile);
    origin = stackOrigin(project, saved.length === 0 ? undefined : lockfile);
  }
  deps.onProgress?.({ step: "link" });
  if (request.clean) await rm(join(directory, INSTALL_DIRECTORY), { recursive: true, force: true });
  const { stack, linkedBy } = await linkStack(deps, directory, lockfile, {
    origin,
    saved: request.save !== false,
  });
  await writeFilesDurably([...saved, ...stackFiles(directory, stack)]);
  await pruneAdapters(directory, stack);
  await deps.store.rememberProject(directory);
  return { ...outcome, lockfile, fetchedBytes, linkedBy };
}

/** An index need not say where its versions are in the log: their receipts do. */
function withLogIndexes(lockfile: Lockfile, logIndexes: ReadonlyMap<PackageName, number>): Lockfile {
  const packages = Object.entries(lockfile.packages).map(([name, locked]) => {
    const logIndex = logIndexes.get(name as PackageName);
    return [name, logIndex === undefined ? locked : { ...locked, logIndex }];
  });
  return { ...lockfile, packages: Object.fromEntries(packages) as Lockfile["packages"] };
}

/** Loaded with the first question: most installs have none. */
function lazyTrust(deps: InstallDeps, pinned: Lockfile | undefined): ReleaseTrust {
  let opened: Promise<ReleaseTrust> | undefined;
  const open = () => {
    opened ??= import("../trust/release-trust.ts").then(({ openReleaseTrust }) =>
      openReleaseTrust({ ...deps, env: deps.env ?? process.env }, pinned),
    );
    return opened;
  };
  return {
    checkIndex: async (...args) => (await open()).checkIndex(...args),
    checkRelease: async (...args) => (await open()).checkRelease(...args),
    settle: async () => (opened === undefined ? [] : (await opened).settle()),
  };
}

/** lora.json and the lockfile, those of them that change. */
function savedFiles(project: Project, lockfile: Lockfile): DurableFile[] {
  const { directory } = project;
  const manifestText = editedManifest(project, lockfile.requested);
  const lockfileText = formatLockfile(lockfile);
  return [
    ...(manifestText === project.manifestText
      ? []
      : [{ path: join(directory, MANIFEST_NAME), data: manifestText }]),
    ...(lockfileText === project.lockfileText
      ? []
      : [{ path: join(directory, LOCKFILE_NAME), data: lockfileText }]),
  ];
}

async function linkStack(
  deps: InstallDeps,
  directory: string,
  lockfile: Lockfile,
  { origin, saved }: Pick<InstalledStack, "origin" | "saved">,
): Promise<{ stack: InstalledStack; linkedBy: LinkKind[] }> {
  const linkedBy: LinkKind[] = [];
  const stack: InstalledStack = { v: 1, saved, origin, base: lockfile.base.fingerprint, adapters: [] };
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
