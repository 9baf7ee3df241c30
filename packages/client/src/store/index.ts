// SPDX-License-Identifier: Apache-2.0
export { type DurableFile, writeFileDurably, writeFilesDurably } from "./durable-file.ts";
export { writeStreamDurably } from "./durable-stream.ts";
export { fileError } from "./file-error.ts";
export { makeDirectory } from "./make-directory.ts";
export { readDocument } from "./read-document.ts";
export { type BlobRef, type OpenBlob, openStore, type Store } from "./store.ts";
export { temporaryPath } from "./temporary-path.ts";
