// SPDX-License-Identifier: Apache-2.0
export { type ImportDeps, type ImportOutcome, type ImportRequest, importPackage } from "./import-package.ts";
