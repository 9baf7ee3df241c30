// SPDX-License-Identifier: Apache-2.0
/**
 * lora.json, one file name for both sides as package.json is: a package has `adapters` (or none, then it is a bundle),
 * a project has `model`. Unknown top-level keys are refused unless they begin with `x-`.
 *
 *     {"name":"@acme/sql","version":"1.2.0","license":"Apache-2.0",
 *      "adapters":[{"file":"r16.gguf","format":"gguf","rank":16,"alpha":32,"targets":["attn_q"],
 *                   "base":{"name":"llama-3.1-8b","fingerprint":"lfp1:…"}}],
 *      "dependencies":{"@acme/json":"^1.0.0","@acme/tone":{"version":"^2","scale":0.5}}}
 */
import { z } from "zod";
import { isPackageName, type PackageName } from "../names.ts";
import { isVersionRange } from "../versions.ts";
import { isDistTag } from "./dist-tag.ts";

export const MAX_DEPENDENCIES = 256;
/** Above it no runtime gives text that is still language; negative scales subtract an ability and are legal. */
export const MAX_SCALE = 100;

/** A string that a grammar of names.ts or versions.ts accepted; a plain string in the JSON Schema. */
export const checked = <Type extends string>(isValid: (text: string) => boolean, message: string) =>
  z.string().refine(isValid, message) as unknown as z.ZodType<Type, string>;

export const packageName = checked<PackageName>(isPackageName, "is not a package name such as @demo/upper");
export const requirement = z
  .string()
  .refine(
    (v) => isVersionRange(v) || isDistTag(v),
    "is neither a version range such as ^1.2.0 nor a dist-tag",
  );
export const scale = z.number().min(-MAX_SCALE).max(MAX_SCALE);
/** One line for people, without control characters or bidi overrides: it is printed to terminals. */
export const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, "has control characters");

export const record = <Value extends z.ZodType>(value: Value) =>
  z
    .record(packageName, value)
    .refine((v) => Object.keys(v).length <= MAX_DEPENDENCIES, `has more than ${MAX_DEPENDENCIES} entries`);

export const dependency = z
  .union([requirement, z.strictObject({ version: requirement, scale: scale.optional() })])
  .transform(
    (v): Dependency =>
      typeof v === "string"
        ? { range: v }
        : { range: v.version, ...(v.scale === undefined ? {} : { scale: v.scale }) },
  );

/** What a package or project asks of another. */
export interface Dependency {
  /** A semver range or a dist-tag. */
  range: string;
  /** Strength of the dependency in the stack; undefined leaves it to the package's own `scale`. */
  scale?: number | undefined;
}

/** Refuses keys that are neither in the shape nor extensions (`x-…`). */
export function withExtensions<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(shape, key) || key.startsWith("x-")) continue;
      context.addIssue({
        code: "custom",
        path: [key],
        message: "is not a key of lora.json (extensions begin with x-)",
      });
    }
  });
}
