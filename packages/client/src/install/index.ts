// SPDX-License-Identifier: Apache-2.0
export type { PackageChange } from "./changes.ts";
export {
  type InstallDeps,
  type InstallOutcome,
  type InstallProgress,
  type InstallRequest,
  installProject,
} from "./install.ts";
export type { LinkKind } from "./link.ts";
export { fingerprintFile, type Model, readModel } from "./model.ts";
export { findOutdated, type OutdatedPackage } from "./outdated.ts";
export { type RunnableStack, readRunnableStack } from "./runnable-stack.ts";
