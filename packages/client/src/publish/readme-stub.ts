// SPDX-License-Identifier: Apache-2.0
/** A README.md for a package that has none: what the files say, for its author to go on from. */
import { bareNameOf, type PackageName } from "../names.ts";

export interface StubAdapter {
  readonly file: string;
  readonly baseName: string;
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
}

/** The same adapters give the same text. */
export function readmeStub(
  { name, license }: { name: PackageName; license?: string | undefined },
  adapters: readonly StubAdapter[],
): string {
  const bases = [...new Set(adapters.map(({ baseName }) => baseName))];
  const rows = adapters.map(({ file, baseName, rank, alpha, targets }) => [
    code(file),
    text(baseName),
    `${rank}`,
    `${alpha}`,
    targets.map(code).join(", "),
  ]);
  return `${[
    `# ${bareNameOf(name)}`,
    "",
    `An ability for ${list(bases.map(text))}, trained with PEFT.`,
    "",
    "```sh",
    `lora install ${name}`,
    "```",
    "",
    "| adapter | base | rank | alpha | changes |",
    "|---|---|---|---|---|",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    ...(license === undefined ? [] : ["", `License: ${text(license)}`]),
  ].join("\n")}\n`;
}

const code = (value: string) => `\`${value}\``;
/** A stranger's config may name a base with anything: none of it becomes Markdown. */
const text = (value: string) =>
  value.replace(/[\p{Cc}\p{Bidi_Control}]/gu, " ").replace(/[\\`*_[\]<>|#!&~$]/g, "\\$&");

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
