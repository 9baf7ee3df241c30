// SPDX-License-Identifier: Apache-2.0
export {
  type FilledValue,
  type PackOutcome,
  type PackRequest,
  packPackage,
  setPackageVersion,
} from "./pack.ts";
export { type PublishDeps, type PublishOutcome, publishPackage } from "./publish.ts";
export { digestFile } from "./release-files.ts";
