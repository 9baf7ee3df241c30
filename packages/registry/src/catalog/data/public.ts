// SPDX-License-Identifier: Apache-2.0
import { eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";

/**
 * What everybody may see. To be part of every query that begins at search entries or packages, unless it is for a reader
 * (reader.ts) who may see more.
 */
export const isPublicEntry = eq(tables.searchEntries.isPrivate, false);
export const isPublicPackage = eq(tables.packages.isPrivate, false);
