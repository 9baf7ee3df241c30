// SPDX-License-Identifier: Apache-2.0
/** Bodies of the API that says things of releases which are out already: yanks, deprecations, dist-tags. */
import { z } from "zod";
import { distTagSchema, lineSchema, packageNameSchema, versionSchema } from "./fields.ts";

export const MAX_NOTE_LENGTH = 500;
/** Of one package. */
export const MAX_DIST_TAGS = 100;

const noteSchema = lineSchema(MAX_NOTE_LENGTH).regex(/\S/, "says nothing");

/** `PUT /api/v1/packages/@scope/name/versions/1.2.0/yank` */
export const yankRequestSchema = z.strictObject({ reason: noteSchema });
/** `PUT /api/v1/packages/@scope/name/versions/1.2.0/deprecation` */
export const deprecationRequestSchema = z.strictObject({ message: noteSchema });
/** What is now said of the version, by either operation and by undoing it. */
export const versionNotesResponseSchema = z.object({
  name: packageNameSchema,
  version: versionSchema,
  /** The reason, where the version is yanked. */
  yanked: lineSchema(MAX_NOTE_LENGTH).optional(),
  /** The message, where the version is deprecated. */
  deprecated: lineSchema(MAX_NOTE_LENGTH).optional(),
  /** Of the entry that says so in the registry's log, where this request made one. */
  logIndex: z.int().min(0).optional(),
});

/** `PUT /api/v1/packages/@scope/name/versions/1.2.0/takedown` */
export const takedownRequestSchema = z.strictObject({ reason: noteSchema });
export const takedownResponseSchema = z.object({
  name: packageNameSchema,
  version: versionSchema,
  /** Of the first takedown, which stays. */
  reason: lineSchema(MAX_NOTE_LENGTH),
  /** Of the entry that says so in the registry's log. */
  logIndex: z.int().min(0),
});

/** `PUT /api/v1/packages/@scope/name/dist-tags/beta` */
export const distTagRequestSchema = z.strictObject({ version: versionSchema });
/** All tags of the package, as its index file now has them. */
export const distTagsResponseSchema = z.object({
  name: packageNameSchema,
  distTags: z.record(distTagSchema, versionSchema),
});

export type VersionNotes = z.output<typeof versionNotesResponseSchema>;
export type Takedown = z.output<typeof takedownResponseSchema>;
export type DistTags = z.output<typeof distTagsResponseSchema>;
