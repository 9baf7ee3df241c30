// SPDX-License-Identifier: Apache-2.0
export { type IndexCache, openIndexCache } from "./index-cache.ts";
export { createRegistryClient, type RegistryClient, type RegistryClientOptions } from "./registry-client.ts";
