// SPDX-License-Identifier: Apache-2.0
export {
  type Config,
  DEFAULT_DOWNLOADS,
  DEFAULT_REGISTRY_URL,
  findSetting,
  listSettings,
  parseRegistryUrl,
  readConfig,
  registryUrl,
  registryUrlFor,
  writeSetting,
} from "./config.ts";
export { readToken, removeToken, writeToken } from "./credentials.ts";
export { type HomeDirectories, homeDirectories } from "./directories.ts";
export {
  findSigningKey,
  listSigningKeys,
  readKeyFile,
  readSigningKey,
  writeSigningKey,
} from "./key-ring.ts";
export { isLockedKey, type Passphrase } from "./locked-key.ts";
