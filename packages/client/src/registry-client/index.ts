// SPDX-License-Identifier: Apache-2.0

export { type DocumentCache, openDocumentCache } from "./document-cache.ts";
export { environmentFetch } from "./environment-fetch.ts";
export {
  createRegistryClient,
  type NetworkUse,
  type RegistryClient,
  type RegistryClientOptions,
} from "./registry-client.ts";
