// SPDX-License-Identifier: Apache-2.0
export { type Assets, openAssets } from "./assets.ts";
