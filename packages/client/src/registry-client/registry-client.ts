// SPDX-License-Identifier: Apache-2.0
/** One registry, as files to read and an API to write. Nothing that comes from here is trusted: callers verify. */

import { type NetworkUse, openConnection, type RegistryClientOptions } from "./connection.ts";
import { type RegistryApi, registryApi } from "./registry-api.ts";
import { type RegistryFiles, registryFiles } from "./registry-files.ts";

export interface RegistryClient extends RegistryFiles, RegistryApi {
  readonly url: string;
  readonly network: NetworkUse;
}

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const connection = openConnection(options);
  const { url } = options;
  return {
    url,
    network: connection.network,
    ...registryFiles(url, connection),
    ...registryApi(url, connection),
  };
}
