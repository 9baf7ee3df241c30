// SPDX-License-Identifier: Apache-2.0
/**
 * What a request may give as `model`:
 *
 *     model = "" | "default" | "base" | term *( "+" term )
 *     term  = package-name [ ":" scale ]          @demo/upper      @demo/upper:0.5
 *     scale = [ "-" ] digits [ "." digits ]       at most 100 either way
 *
 *     @demo/upper+@demo/shout:0.5
 */
import { LoraError } from "../errors.ts";
import { MAX_SCALE } from "../manifest/index.ts";
import { isPackageName, type PackageName, quote } from "../names.ts";

export interface AbilityTerm {
  name: PackageName;
  /** Undefined leaves it to the project. */
  scale: number | undefined;
}

export type ModelName = "base" | "default" | readonly AbilityTerm[];

const SCALE = /^-?\d{1,3}(?:\.\d{1,9})?$/;

/**
 * Undefined for what no grammar of ours makes, such as the name of somebody else's model.
 * @throws LoraError USAGE where it names abilities, but not in a way that can be applied
 */
export function parseModelName(text: string): ModelName | undefined {
  if (text === "" || text === "default") return "default";
  if (text === "base") return "base";
  const terms: AbilityTerm[] = [];
  for (const part of text.split("+")) {
    const colon = part.indexOf(":");
    const name = colon < 0 ? part : part.slice(0, colon);
    if (!isPackageName(name)) return undefined;
    if (terms.some((term) => term.name === name))
      throw new LoraError("USAGE", `the model ${quote(text)} names ${name} twice`);
    terms.push({ name, scale: colon < 0 ? undefined : parseScale(part.slice(colon + 1), name) });
  }
  return terms;
}

function parseScale(text: string, name: PackageName): number {
  const scale = Number(text);
  if (SCALE.test(text) && Math.abs(scale) <= MAX_SCALE) return scale;
  throw new LoraError("USAGE", `${quote(text)} is no scale for ${name}`, {
    hint: `write it as ${name}:0.5, at most ${MAX_SCALE}`,
  });
}
