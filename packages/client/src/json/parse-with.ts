// SPDX-License-Identifier: Apache-2.0
/** Schemas at the edge: a zod schema's issues as one LoraError that names the path in the file. */
import type { z } from "zod";
import { type ErrorCode, LoraError } from "../errors.ts";

/**
 * @param source what the value is, for messages: "lora.json"
 * @throws LoraError with `code`; `details.issues` lists `{path, message}` of each fault
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { code, source, hint }: { code: ErrorCode; source: string; hint?: string },
): z.output<Schema> {
  // zod would compile each schema to a function first, which pays from some thousand values on: no document has so many.
  const result = schema.safeParse(value, { jitless: true });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    path: formatPath(issue.path),
    message: issue.message,
  }));
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  throw new LoraError(code, `${source}: ${first?.path ? `${first.path}: ` : ""}${first?.message}${more}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { source, issues },
  });
}

/** `["adapters", 0, "file"]` → `adapters[0].file`; keys that are no identifiers in brackets. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => {
      if (typeof part === "number") return `[${part}]`;
      const key = String(part);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join("");
}
