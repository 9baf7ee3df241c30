// SPDX-License-Identifier: Apache-2.0
export { type ConvertDirectoryOptions, convertPeftDirectory } from "./convert-directory.ts";
export {
  CONFIG_NAME,
  isPeftDirectory,
  type PeftDirectory,
  readPeftDirectory,
  WEIGHTS_NAME,
} from "./read-directory.ts";
