// SPDX-License-Identifier: Apache-2.0
import { timestamp } from "drizzle-orm/pg-core";

/** A point in time, to the millisecond: what JavaScript can keep. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });
