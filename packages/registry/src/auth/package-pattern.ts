// SPDX-License-Identifier: Apache-2.0
/**
 * Which packages a token is for.
 *
 *     pattern = "@" part "/" part
 *     part    = 1*( "a"-"z" | "0"-"9" | "-" | "." | "_" | "*" )      "*" is any number of characters, none of them "/"
 *
 *     @acme/*          every package of the scope, and so the scope itself
 *     @acme/sql-*      @acme/sql-writer, not @acme/sql
 */
import { type PackageName, type ScopeName, scopeOf } from "@lora/client/names";

/** @param target a package, or a scope, which only a pattern for all its packages covers */
export function matchesPattern(pattern: string, target: PackageName | ScopeName): boolean {
  const [scope = "", name = ""] = pattern.split("/");
  if (!target.includes("/")) return name === "*" && matchesPart(scope, target);
  const [ownScope, ownName = ""] = [scopeOf(target as PackageName), target.slice(target.indexOf("/") + 1)];
  return matchesPart(scope, ownScope) && matchesPart(name, ownName);
}

/**
 * Greedy, with one way back, to the last star: time grows with the product of the lengths, whatever the pattern. A
 * regular expression with as many stars could take for ever.
 */
function matchesPart(part: string, text: string): boolean {
  let [at, in_, star, mark] = [0, 0, -1, 0];
  while (in_ < text.length) {
    if (part[at] === "*") {
      [star, mark] = [at, in_];
      at += 1;
    } else if (part[at] === text[in_]) {
      at += 1;
      in_ += 1;
    } else if (star >= 0) {
      at = star + 1;
      mark += 1;
      in_ = mark;
    } else return false;
  }
  while (part[at] === "*") at += 1;
  return at === part.length;
}

/** For SQL's LIKE, with its backslash. Names have one slash, so a `%` never matches across it. */
export function likeOfPattern(pattern: string): string {
  return pattern.replaceAll(/[%_\\]/g, "\\$&").replaceAll("*", "%");
}
