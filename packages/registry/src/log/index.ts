// SPDX-License-Identifier: Apache-2.0
export { appendLogEntry, findPending, type NewLogEntry, type PendingEntry } from "./append.ts";
export { readHead } from "./head.ts";
export type { LogWriter } from "./log-writer.ts";
export { type LogOptions, type OpenLog, openLog } from "./open-log.ts";
export type { SettledEntry } from "./sequence.ts";
export { isPublishedWidth, readTileFile } from "./tiles.ts";
