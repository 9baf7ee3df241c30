// SPDX-License-Identifier: Apache-2.0
export { type BaseChoice, chooseBase, type WantedBase } from "./choose-base.ts";
export type { ConvertedPart } from "./convert-parts.ts";
export { type CreatedPackage, createPackage, type NewPackage } from "./create-package.ts";
export { knownBaseOf, readDraftAdapters } from "./draft-adapters.ts";
export { licenseName } from "./license.ts";
export type { FilledValue } from "./manifest-editor.ts";
export { licenseOfDirectory } from "./model-card.ts";
export {
  type PackOutcome,
  type PackPlan,
  type PackRequest,
  packPackage,
  planPackage,
  setPackageVersion,
} from "./pack.ts";
export { type PublishDeps, type PublishOutcome, publishPackage } from "./publish.ts";
export { digestFile } from "./release-files.ts";
