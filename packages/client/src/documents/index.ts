// SPDX-License-Identifier: Apache-2.0
export {
  type BasesQuery,
  type BasesResponse,
  basesQuerySchema,
  basesResponseSchema,
  type FoundBase,
  MAX_BASES_LIMIT,
} from "./bases-api.ts";
export {
  type DistTags,
  deprecationRequestSchema,
  distTagRequestSchema,
  distTagsResponseSchema,
  MAX_DIST_TAGS,
  MAX_NOTE_LENGTH,
  type VersionNotes,
  versionNotesResponseSchema,
  yankRequestSchema,
} from "./package-admin-api.ts";
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
export {
  MAX_SCOPE_KEYS,
  parseScopeKeys,
  type ScopeKeyDocument,
  type ScopeKeys,
  scopeKeySchema,
  scopeKeysSchema,
} from "./scope-keys.ts";
export {
  type AddKeyRequest,
  addKeyRequestSchema,
  type RevokeKeyRequest,
  revokeKeyRequestSchema,
  scopeKeyResponseSchema,
} from "./scope-keys-api.ts";
export {
  DEFAULT_SEARCH_LIMIT,
  type FoundPackage,
  foundPackageSchema,
  MAX_SEARCH_LENGTH,
  MAX_SEARCH_LIMIT,
  SEARCH_ORDERS,
  type SearchQuery,
  type SearchResponse,
  searchQuerySchema,
  searchResponseSchema,
} from "./search-api.ts";
