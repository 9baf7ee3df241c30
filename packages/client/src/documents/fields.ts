// SPDX-License-Identifier: Apache-2.0
/** Schemas of the single fields that several documents share. */
import { z } from "zod";
import { isSha256, type Sha256 } from "../digest.ts";
import { type Fingerprint, isFingerprint } from "../fingerprint/index.ts";
import { isDistTag } from "../manifest/dist-tag.ts";
import { MAX_SCALE } from "../manifest/fields.ts";
import {
  type FileName,
  isFileName,
  isPackageName,
  isScopeName,
  type PackageName,
  type ScopeName,
} from "../names.ts";
import { isVersion, isVersionRange, type Version } from "../versions.ts";

const checked = <Type extends string>(isValid: (text: string) => boolean, message: string) =>
  z.string().refine(isValid, message) as unknown as z.ZodType<Type, string>;

export const packageNameSchema = checked<PackageName>(isPackageName, "is not a package name");
export const scopeNameSchema = checked<ScopeName>(isScopeName, "is not a scope name");
export const fileNameSchema = checked<FileName>(isFileName, "is not a plain file name");
export const versionSchema = checked<Version>(isVersion, "is not a version");
export const sha256Schema = checked<Sha256>(isSha256, "is not a sha256 in hex");
export const fingerprintSchema = checked<Fingerprint>(isFingerprint, "is not a fingerprint");
export const distTagSchema = z.string().refine(isDistTag, "is not a dist-tag");
export const rangeSchema = z
  .string()
  .refine((v) => isVersionRange(v) || isDistTag(v), "is not a version range");
/** The text of a receipt (transparency/receipt.ts), proved by whoever reads it. */
export const receiptSchema = z
  .string()
  .min(1)
  .max(64 * 1024);
export const isoTimeSchema = z.iso.datetime();
export const scaleSchema = z.number().min(-MAX_SCALE).max(MAX_SCALE);
export const dependencySchema = z.object({ range: rangeSchema, scale: scaleSchema.optional() });
/** Text for one line of a terminal: no control characters, no bidi overrides, no halves of characters. */
export const lineSchema = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]*$/u, "has control characters");
