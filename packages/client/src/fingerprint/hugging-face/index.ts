// SPDX-License-Identifier: Apache-2.0
export type { BaseDirectory } from "./base-directory.ts";
export { fingerprintDirectory } from "./fingerprint-directory.ts";
