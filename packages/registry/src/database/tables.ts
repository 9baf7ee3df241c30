// SPDX-License-Identifier: Apache-2.0
/** The tables. PGlite and PostgreSQL run the same SQL; `migrations/` is made from schema/ by drizzle-kit. */
export {
  organisationMembers,
  organisations,
  publishers,
  scopeMembers,
  tokens,
  usedIdTokens,
} from "./schema/access.ts";
export {
  credentials,
  deviceCodes,
  passkeys,
  sessions,
  users,
  verifications,
} from "./schema/accounts.ts";
export { baseNames, baseNorms, sameBases } from "./schema/bases.ts";
export { weightChanges } from "./schema/catalog.ts";
export { downloadClients, downloads } from "./schema/downloads.ts";
export { rateLimits } from "./schema/limits.ts";
export { logCheckpoints, logEntries, logHashes, logPending } from "./schema/log.ts";
export {
  adapters,
  bases,
  blobs,
  distTags,
  packages,
  scopeKeys,
  scopes,
  searchBases,
  searchEntries,
  searchFits,
  searchWords,
  versionFiles,
  versions,
} from "./schema/releases.ts";
export { settings } from "./schema/settings.ts";
export { takedowns } from "./schema/takedowns.ts";
export { webhookDeliveries, webhooks } from "./schema/webhooks.ts";
