// SPDX-License-Identifier: Apache-2.0
export {
  answersRequest,
  formatLockfile,
  LOCKFILE_NAME,
  type LockedPackage,
  type Lockfile,
  parseLockfile,
  type Requested,
} from "./lockfile.ts";
export { editDependencies, MANIFEST_NAME, type Project, readProject, requestedBy } from "./project.ts";
