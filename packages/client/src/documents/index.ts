// SPDX-License-Identifier: Apache-2.0
export {
  type IndexAdapter,
  type IndexVersion,
  type PackageIndex,
  packageIndexSchema,
  parsePackageIndex,
} from "./package-index.ts";
export {
  type CreateScopeResponse,
  createScopeRequestSchema,
  createScopeResponseSchema,
  errorBodySchema,
  MAX_RELEASE_FILES,
  type PublishResponse,
  publishRequestSchema,
  publishResponseSchema,
  type UploadsRequest,
  type UploadsResponse,
  uploadsRequestSchema,
  uploadsResponseSchema,
  type Whoami,
  whoamiResponseSchema,
} from "./publish-api.ts";
export { parseRegistryInfo, type RegistryInfo, registryInfoSchema } from "./registry-info.ts";
export { parseScopeKeys, type ScopeKeys, scopeKeysSchema } from "./scope-keys.ts";
