// SPDX-License-Identifier: Apache-2.0
export { compareBases } from "./compare.ts";
export type { BaseOrigin, KnownBase } from "./known-base.ts";
export { type BaseSource, type NamedSource, parseBaseSource } from "./parse.ts";
export { type BaseSourceDeps, readBase, readBases } from "./read.ts";
export { registerBase } from "./register.ts";
export { findBaseByFingerprint, findBaseByName } from "./registry-base.ts";
