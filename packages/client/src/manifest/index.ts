// SPDX-License-Identifier: Apache-2.0
export { type AdapterFacts, type DifferingFact, differingFact } from "./adapter-facts.ts";
export { isDistTag } from "./dist-tag.ts";
export { type Dependency, MAX_DEPENDENCIES, MAX_SCALE } from "./fields.ts";
export {
  type AdapterSource,
  MAX_ADAPTERS,
  MAX_EXAMPLES,
  MAX_RANK,
  type PackageDraft,
  packageDraftSchema,
  parsePackageDraft,
  parseReleaseManifest,
  type ReleaseAdapter,
  type ReleaseManifest,
  releaseManifestSchema,
} from "./package-manifest.ts";
export { type ProjectManifest, parseProjectManifest, projectManifestSchema } from "./project-manifest.ts";
