// SPDX-License-Identifier: Apache-2.0

export type { NetworkUse, RegistryClientOptions } from "./connection.ts";
export { type DocumentCache, openDocumentCache } from "./document-cache.ts";
export { environmentFetch } from "./environment-fetch.ts";
export { createRegistryClient, type RegistryClient } from "./registry-client.ts";
