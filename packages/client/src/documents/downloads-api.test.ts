// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { countLastDays, downloadsResponseSchema } from "./downloads-api.ts";

const downloads = downloadsResponseSchema.parse({
  name: "@demo/upper",
  total: 1111,
  days: [
    { day: "2026-10-01", count: 1000 },
    { day: "2026-10-25", count: 100 },
    { day: "2026-11-22", count: 10 },
    { day: "2026-11-23", count: 1 },
  ],
  versions: { "1.0.0": 1111 },
});

it.each([
  [1, "2026-11-23T00:00:00Z", 1],
  [2, "2026-11-23T23:59:59Z", 11],
  [29, "2026-11-23T12:00:00Z", 11],
  [30, "2026-11-23T12:00:00Z", 111],
  [30, "2026-11-24T00:00:00Z", 11],
  [30, "2027-11-24T00:00:00Z", 0],
])("the last %i days at %s have the downloads of whole days in UTC", (days, now, count) => {
  expect(countLastDays(downloads, days, new Date(now))).toBe(count);
});
