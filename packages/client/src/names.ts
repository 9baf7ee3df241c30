// SPDX-License-Identifier: Apache-2.0
/**
 * Names that users and registries exchange. ASCII and lower case only, so that two names never look alike by
 * Unicode, and safe as path segments on every system and in llama-server's `FILE:SCALE,…` argument.
 *
 *     package = "@" scope "/" name           @demo/upper
 *     scope   = word *( "-" word )           1 to 39 characters
 *     name    = word *( ("-"|"."|"_") word ) 1 to 64 characters
 *     word    = 1*( "a"-"z" | "0"-"9" )
 *     file    = 1 to 100 of A-Z a-z 0-9 . _ -, not starting with "."
 */
import { LoraError } from "./errors.ts";

declare const brand: unique symbol;
/** `@scope/name`, checked. */
export type PackageName = `@${string}/${string}` & { readonly [brand]: "PackageName" };
/** `@scope`, checked, with the at sign. */
export type ScopeName = `@${string}` & { readonly [brand]: "ScopeName" };
/** A flat file name of a release, checked: never a path. */
export type FileName = string & { readonly [brand]: "FileName" };

export const MAX_SCOPE_LENGTH = 39;
export const MAX_NAME_LENGTH = 64;
export const MAX_FILE_NAME_LENGTH = 100;

const SCOPE = /^@[a-z0-9]+(?:-[a-z0-9]+)*$/;
const NAME = /^[a-z0-9]+(?:[-._][a-z0-9]+)*$/;
const FILE = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Device names that Windows resolves in every directory, with any extension. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

export function isScopeName(text: string): text is ScopeName {
  return text.length <= MAX_SCOPE_LENGTH + 1 && SCOPE.test(text) && !WINDOWS_DEVICE.test(text.slice(1));
}

/** @throws LoraError NAME_INVALID */
export function parseScopeName(text: string): ScopeName {
  if (isScopeName(text)) return text;
  const fixed = `@${text.replace(/^@/, "").toLowerCase()}`;
  throw new LoraError("NAME_INVALID", `${quote(text)} is not a scope name`, {
    hint:
      isScopeName(fixed) && fixed !== text
        ? `write ${fixed}`
        : `use @, then letters a-z, digits and single hyphens, at most ${MAX_SCOPE_LENGTH} characters`,
  });
}

export function isPackageName(text: string): text is PackageName {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const name = text.slice(slash + 1);
  return (
    isScopeName(text.slice(0, slash)) &&
    name.length <= MAX_NAME_LENGTH &&
    NAME.test(name) &&
    !WINDOWS_DEVICE.test(name)
  );
}

/** @throws LoraError NAME_INVALID */
export function parsePackageName(text: string): PackageName {
  if (isPackageName(text)) return text;
  const lower = text.toLowerCase();
  throw new LoraError("NAME_INVALID", `${quote(text)} is not a package name`, {
    hint: isPackageName(lower) ? `write ${lower}` : "use @scope/name, such as @demo/upper",
  });
}

export function scopeOf(name: PackageName): ScopeName {
  return name.slice(0, name.indexOf("/")) as ScopeName;
}

/** The part behind the slash. */
export function bareNameOf(name: PackageName): string {
  return name.slice(name.indexOf("/") + 1);
}

export function isFileName(text: string): text is FileName {
  return text.length <= MAX_FILE_NAME_LENGTH && FILE.test(text) && !WINDOWS_DEVICE.test(text);
}

/** @throws LoraError NAME_INVALID */
export function parseFileName(text: string): FileName {
  if (isFileName(text)) return text;
  throw new LoraError("NAME_INVALID", `${quote(text)} cannot be the name of a file in a release`, {
    hint: `use at most ${MAX_FILE_NAME_LENGTH} letters, digits, dots, hyphens and underscores, no directories`,
  });
}

/** What a user types to name an ability: `@demo/upper` or `@demo/upper@^1.2` (a range or a dist-tag behind the @). */
export interface PackageSpec {
  name: PackageName;
  /** As typed; undefined when nothing stood behind the name. */
  range: string | undefined;
}

/** @throws LoraError NAME_INVALID */
export function parsePackageSpec(text: string): PackageSpec {
  const at = text.indexOf("@", 1);
  if (at < 0) return { name: parsePackageName(text), range: undefined };
  const range = text.slice(at + 1).trim();
  return { name: parsePackageName(text.slice(0, at)), range: range === "" ? undefined : range };
}

/** For messages: the text as a JSON string, cut at 80 characters, so that control characters cannot reach a terminal. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
