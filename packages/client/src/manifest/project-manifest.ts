// SPDX-License-Identifier: Apache-2.0
/** lora.json of a project: the directory whose `model` abilities are installed onto. */
import { z } from "zod";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { isScopeName, quote, type ScopeName } from "../names.ts";
import { checked, dependency, record, requirement, withExtensions } from "./fields.ts";
import { findForbiddenArgument } from "./runtime-arguments.ts";

const scopeName = checked<ScopeName>(isScopeName, "is not a scope name such as @demo");
const duration = z.string().regex(/^\d+(s|m|h|d)$/, "is not a duration such as 72h");

export const projectManifestSchema = withExtensions({
  $schema: z.string().max(300).optional(),
  model: z.string().min(1).max(4096),
  dependencies: record(dependency).optional(),
  optionalDependencies: record(dependency).optional(),
  overrides: record(requirement).optional(),
  limits: z
    .strictObject({
      maxRank: z.int().min(1).optional(),
      maxAdapters: z.int().min(1).optional(),
      maxRankSum: z.int().min(1).optional(),
      maxBytes: z.int().min(1).optional(),
    })
    .optional(),
  policy: z
    .strictObject({
      minReleaseAge: duration.optional(),
      scopes: z.array(scopeName).optional(),
    })
    .optional(),
  runtime: z
    .strictObject({
      kind: z.enum(["llama-server", "embedded"]).optional(),
      args: z.array(z.string().max(100)).max(64).superRefine(refuseForbiddenArguments).optional(),
    })
    .optional(),
});

export type ProjectManifest = z.output<typeof projectManifestSchema>;

export function parseProjectManifest(text: string | Uint8Array, source = "lora.json"): ProjectManifest {
  const value = parseStrictJson(text, source);
  if (!hasKey(value, "model") && hasKey(value, "version")) {
    throw new LoraError(
      "MANIFEST_INVALID",
      `${source} describes a package, not a project: it has no "model"`,
      {
        hint: "run lora init --model FILE in the directory of your project",
      },
    );
  }
  return parseWith(projectManifestSchema, value, { code: "MANIFEST_INVALID", source });
}

function refuseForbiddenArguments(args: readonly string[], context: z.RefinementCtx): void {
  const forbidden = findForbiddenArgument(args);
  if (forbidden === undefined) return;
  const message = `${quote(forbidden)} may not be set by a project: pass it to lora serve behind --`;
  context.addIssue({ code: "custom", message });
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
