// SPDX-License-Identifier: Apache-2.0
export { type FusedStack, fuseAdapters, fusedRank, type StackedAdapter } from "./fuse-adapters.ts";
export { fuseStackApart } from "./fuse-apart.ts";
export {
  type AdapterToFuse,
  type FusedFile,
  type FuseRequest,
  fusedDigest,
  fuseStack,
} from "./fused-file.ts";
