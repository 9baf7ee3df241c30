// SPDX-License-Identifier: Apache-2.0
export { DEFAULT_REGISTRY_URL, parseRegistryUrl, readToken, registryUrl, writeLogin } from "./config.ts";
export { type HomeDirectories, homeDirectories } from "./directories.ts";
export { findSigningKey, writeSigningKey } from "./key-ring.ts";
