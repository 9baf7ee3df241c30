// SPDX-License-Identifier: Apache-2.0
export { type DownloadCounter, startDownloadCounter } from "./counter.ts";
export { type DayDownloads, readByVersion, readDays, readMost } from "./read.ts";
