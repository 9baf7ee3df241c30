// SPDX-License-Identifier: Apache-2.0
export { type FileSource, openFileSource } from "./file.ts";
