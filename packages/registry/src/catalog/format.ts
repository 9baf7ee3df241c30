// SPDX-License-Identifier: Apache-2.0
/** Numbers and times as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `72.5 kB`, in thousands. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `12,345` */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1.2k`, where there is little room. */
export function formatShortCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${trim(count / 1000)}k`;
  return `${trim(count / 1_000_000)}M`;
}

function trim(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
}

/** `3 packages`, `1 package` */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

const STEPS: readonly [unit: string, seconds: number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** `3 days ago` */
export function formatAge(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  for (const [unit, length] of STEPS) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${countOf(count, unit)} ago`;
  }
  return "just now";
}

/** `22 Nov 2026`, in UTC: a page is the same for everybody. */
export function formatDay(date: Date): string {
  const [, month, day, year] = date.toUTCString().match(/, (\d+) (\w+) (\d+)/) ?? [];
  return `${Number(month)} ${day} ${year}`;
}

/** `lfp1:ce6a3a5a0039` */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, "lfp1:".length + 12);
}
