// SPDX-License-Identifier: Apache-2.0
export { parsePackageDraft, parseProjectManifest, parseReleaseManifest } from "./parse.ts";
export {
  type Dependency,
  isDistTag,
  MAX_ADAPTERS,
  MAX_DEPENDENCIES,
  MAX_EXAMPLES,
  MAX_RANK,
  MAX_SCALE,
  type PackageDraft,
  type ProjectManifest,
  packageDraftSchema,
  projectManifestSchema,
  type ReleaseAdapter,
  type ReleaseManifest,
  releaseManifestSchema,
} from "./schema.ts";
