// SPDX-License-Identifier: Apache-2.0
export { closureOf } from "./closure.ts";
export {
  answersRequest,
  formatLockfile,
  formatRequested,
  LOCKFILE_NAME,
  type LockedPackage,
  type Lockfile,
  parseLockfile,
  type Requested,
} from "./lockfile.ts";
export { MAX_PATHS, type PathStep, pathsTo } from "./paths.ts";
export {
  editDependencies,
  findProject,
  MANIFEST_NAME,
  type Project,
  readProject,
  requestedBy,
} from "./project.ts";
