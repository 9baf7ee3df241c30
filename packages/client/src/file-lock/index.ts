// SPDX-License-Identifier: Apache-2.0
export {
  acquireFileLock,
  type FileLock,
  type FileLockOptions,
  readHolderPid,
  withFileLock,
} from "./file-lock.ts";
