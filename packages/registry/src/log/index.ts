// SPDX-License-Identifier: Apache-2.0
export { appendLogEntry, type NewLogEntry, type PendingEntry } from "./append.ts";
