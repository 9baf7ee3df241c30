// SPDX-License-Identifier: Apache-2.0
export { answerKept, type Fetch } from "./answer-kept.ts";
export { announceChanges, announceRemoval, followChanges } from "./changes.ts";
export { createReadCache, INDEX_MS, type ReadCache } from "./read-cache.ts";
