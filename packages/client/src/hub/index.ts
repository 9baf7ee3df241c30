// SPDX-License-Identifier: Apache-2.0
export { type HubAccess, hubAccess } from "./access.ts";
export { type AdapterFiles, findAdapterFiles } from "./adapter-files.ts";
export { downloadFile, type HubDeps, openHubFile } from "./download.ts";
export { type HubFetch, hubFetch } from "./hub-fetch.ts";
export { formatHubReference, type HubReference, parseHubReference } from "./reference.ts";
export { type HubFile, type HubRepository, openRepository } from "./repository.ts";
