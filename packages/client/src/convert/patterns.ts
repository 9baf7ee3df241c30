// SPDX-License-Identifier: Apache-2.0
/**
 * `rank_pattern` and `alpha_pattern`: values for some modules. PEFT (0.20, utils/other.py) puts each key into the
 * regular expression `(.*\.)?(KEY)$`, matches it from the start of the module's name, and takes the first that fits:
 *
 *     "q_proj"                        every q_proj
 *     "layers.0.self_attn.q_proj"     as most tools write it; a dot is any character
 *     "^model\.layers\.[0-3]\..*"     a real pattern
 *
 * The keys are a stranger's, so patterns run on RE2, whose time is linear. RE2 and Python differ at the edges: what
 * could mean two things is refused.
 */
import { RE2JS } from "re2js";
import { quote } from "../names.ts";
import { peftInvalid, unsupported } from "./unsupported.ts";

export const MAX_PATTERNS = 2048;
/** Of keys that are more than names. */
export const MAX_EXPRESSIONS = 64;
export const MAX_PATTERN_LENGTH = 1000;

interface Pattern {
  readonly value: number;
  readonly matches: (module: string) => boolean;
}

/** In the order of the file. */
export type Patterns = readonly Pattern[];

const NAME = /^[A-Za-z0-9_.]+$/;
/**
 * Groups without flags or names, sets without classes, the counts {2} {2,} {2,3}, and the escapes that mean the same in
 * both: \d \w \s \b, their opposites, and punctuation.
 */
const COMMON =
  /^(?:[A-Za-z0-9_.^$|+*\-/ ]|\((?:\?:|(?!\?))|\)|\?|\{\d{1,3}(?:,\d{0,3})?\}|\\[dDwWsSbB.^$|+*?()[\]{}\\\-_/]|\[\^?(?:[A-Za-z0-9_.-]|\\[dws.\-_])+\])*$/;

/** @throws LoraError PEFT_INVALID, PEFT_UNSUPPORTED */
export function parsePatterns(
  entries: Readonly<Record<string, number>>,
  source: string,
  what: string,
): Patterns {
  let expressions = 0;
  return Object.entries(entries).map(([key, value]) => {
    if (NAME.test(key)) return { value, matches: (module) => endsWithName(module, key) };
    expressions += 1;
    if (expressions > MAX_EXPRESSIONS)
      throw peftInvalid(source, `has more than ${MAX_EXPRESSIONS} regular expressions in ${what}`);
    const expression = compile(key);
    if (expression === undefined)
      throw unsupported(
        `${source}: the key ${quote(key)} of ${what}`,
        "is a regular expression that may not mean the same here as in Python",
        { file: source, key: what },
        "write the modules' names as keys",
      );
    return { value, matches: (module) => expression.matcher(module).lookingAt() };
  });
}

/** The value of the first pattern that fits, or the default. */
export function valueFor(patterns: Patterns, module: string, otherwise: number): number {
  return patterns.find(({ matches }) => matches(module))?.value ?? otherwise;
}

/** What the expression does for a key without repetition: the last parts of the name, a dot for any character. */
function endsWithName(module: string, key: string): boolean {
  const start = module.length - key.length;
  if (start < 0 || (start > 0 && module[start - 1] !== ".")) return false;
  for (let i = key.length - 1; i >= 0; i -= 1)
    if (key[i] !== "." && key[i] !== module[start + i]) return false;
  return true;
}

function compile(key: string): RE2JS | undefined {
  if (!COMMON.test(key)) return undefined;
  try {
    return RE2JS.compile(`(.*\\.)?(${key})$`);
  } catch {
    return undefined;
  }
}
