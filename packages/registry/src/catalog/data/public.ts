// SPDX-License-Identifier: Apache-2.0
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";

/**
 * Pages show what everybody may see, whoever asks: so a cache between may keep them. To be part of every query that begins
 * at search entries or packages.
 */
export const isPublicEntry = eq(tables.searchEntries.isPrivate, false);
export const isPublicPackage = eq(tables.packages.isPrivate, false);
