// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage, SearchResponse } from "@lora/client/documents";
import type { Fingerprint } from "@lora/client/fingerprint";
import { quote } from "@lora/client/names";
import { paint } from "./paint.ts";
import { formatTable } from "./table.ts";
import { count, formatBytes } from "./units.ts";

export interface SearchContext {
  words: string;
  /** The model of `--base`, else the project's. */
  model: Fingerprint | undefined;
  rank: number | undefined;
  /** Only what works with the model was asked for. */
  isFiltered: boolean;
}

/** Whether the version has an adapter for the model. Of a bundle nobody knows before its dependencies are chosen. */
export function suitsModel(
  { bases, isBundle }: FoundPackage,
  model: Fingerprint,
  rank = Number.POSITIVE_INFINITY,
): boolean | undefined {
  if (isBundle) return undefined;
  return bases.some((base) => base.fingerprint === model && base.rank <= rank);
}

export function describeFound({ packages, total }: SearchResponse, context: SearchContext): string {
  if (packages.length === 0) return describeNothing(context);
  const blocks = packages.map((found) => describePackage(found, context));
  const heading = formatTable(blocks.map(({ heading }) => heading)).split("\n");
  const lines = blocks.flatMap(({ detail }, i) => [heading[i] ?? "", ...detail]);
  const rest = total > packages.length ? [`${packages.length} of ${total}; see more with --limit`] : [];
  return [...lines, ...rest].join("\n");
}

function describePackage(found: FoundPackage, { model, rank, isFiltered }: SearchContext) {
  const { name, version, description, license, publishedAt, bases, isBundle } = found;
  const suits = model !== undefined && suitsModel(found, model, rank) === true;
  const mark = suits && !isFiltered ? paint("green", "← your model", process.stdout) : "";
  const heading = [
    paint("bold", name, process.stdout),
    version,
    publishedAt.slice(0, 10),
    license ?? "",
    mark,
  ];
  // Where a model is known, what is there for other models is of no use to read.
  const shown = suits ? bases.filter(({ fingerprint }) => fingerprint === model) : bases;
  const adapters = shown.map((base) => `${base.name}, rank ${base.rank}, ${formatBytes(base.sizeBytes)}`);
  return {
    heading,
    detail: [
      ...(description === undefined ? [] : [`  ${description}`]),
      `  ${isBundle ? "a bundle: no adapter of its own" : summarize(adapters)}`,
    ],
  };
}

const SHOWN_ADAPTERS = 3;
function summarize(adapters: readonly string[]): string {
  const rest = adapters.length - SHOWN_ADAPTERS;
  const shown = adapters.slice(0, SHOWN_ADAPTERS).join(" · ");
  return rest > 0 ? `${shown} · and ${count(rest, "more adapter")}` : shown;
}

function describeNothing({ words, rank, isFiltered }: SearchContext): string {
  const limits = [
    ...(isFiltered ? ["for this model"] : []),
    ...(rank === undefined ? [] : [`up to rank ${rank}`]),
  ].join(", ");
  const what = [words === "" ? "no abilities" : `nothing for ${quote(words)}`, limits]
    .filter(Boolean)
    .join(" ");
  const ideas = [
    ...(words.includes(" ") ? ["fewer words: each of them has to be found"] : []),
    ...(rank === undefined ? [] : ["a higher --rank"]),
    ...(isFiltered ? ["no --base, to see what there is for other models"] : []),
  ];
  if (ideas.length === 0 && words !== "") ideas.push("another word, or none to see what is new");
  if (ideas.length === 0) return "The registry has no abilities yet. Publish one: lora publish";
  return `The registry has ${what}. Try ${ideas.join(", or ")}.`;
}
