// SPDX-License-Identifier: Apache-2.0
export { type AdapterBase, type OpenAdapter, openAdapter, openGguf } from "./open-adapter.ts";
export {
  chooseAdapter,
  listReleaseAdapters,
  openReleaseAdapter,
  type Release,
  type ReleaseAdapterDeps,
} from "./release-adapter.ts";
