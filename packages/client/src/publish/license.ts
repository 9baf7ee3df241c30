// SPDX-License-Identifier: Apache-2.0
/**
 * The licence that a model card names in the YAML in front of it, which PEFT writes as README.md:
 *
 *     ---
 *     base_model: meta-llama/Llama-3.1-8B-Instruct
 *     license: apache-2.0
 *     ---
 *
 * A hub has its own words for licences. Those that are one of SPDX's in lower case become it.
 */
const MAX_FRONT_MATTER = 64 * 1024;
/** lora.json's own limit for a licence. */
const MAX_LICENSE_LENGTH = 100;

const SPDX = new Map(
  [
    "AFL-3.0",
    "AGPL-3.0",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSL-1.0",
    "CC-BY-2.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-NC-2.0",
    "CC-BY-NC-3.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ECL-2.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0",
    "GPL-3.0",
    "ISC",
    "LGPL-2.1",
    "LGPL-3.0",
    "MIT",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "OFL-1.1",
    "OSL-3.0",
    "PostgreSQL",
    "Unlicense",
    "WTFPL",
    "Zlib",
  ].map((name) => [name.toLowerCase(), name]),
);

/** @param word as a hub has it; undefined where it says nothing that could be printed */
export function licenseName(word: string): string | undefined {
  const trimmed = word.trim();
  if (!/^[A-Za-z0-9][A-Za-z0-9.+ _-]*$/.test(trimmed) || trimmed.length > MAX_LICENSE_LENGTH)
    return undefined;
  // "other" and "unknown" name no licence.
  if (/^(other|unknown)$/i.test(trimmed)) return undefined;
  return SPDX.get(trimmed.toLowerCase()) ?? trimmed;
}

/** @param readme the text of a README.md, a stranger's perhaps */
export function licenseOfCard(readme: string): string | undefined {
  const [, matter] =
    /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(readme.slice(0, MAX_FRONT_MATTER)) ?? [];
  const [, word] =
    /^license:[ \t]*(?:"([^"\r\n]*)"|'([^'\r\n]*)'|([^\r\n#]*))/m
      .exec(matter ?? "")
      ?.filter((part) => part !== undefined) ?? [];
  return word === undefined ? undefined : licenseName(word);
}
