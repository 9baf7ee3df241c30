// SPDX-License-Identifier: Apache-2.0
export {
  lockScopeVisibility,
  setPackageVisibility,
  setScopeVisibility,
  settleBlobPrivacy,
} from "./set-visibility.ts";
