// SPDX-License-Identifier: Apache-2.0
export { type ConvertDirectoryOptions, convertPeftDirectory } from "./convert-directory.ts";
export { isPeftDirectory, type PeftDirectory, readPeftDirectory } from "./read-directory.ts";
