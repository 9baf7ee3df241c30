// SPDX-License-Identifier: Apache-2.0
/**
 * What `--json` gives where no command runs: help, the version, and a name that is no command. oclif would print text.
 *
 *     lora --version --json          {"name": "@lora/cli", "version": "0.1.0", "platform": "linux-x64", "node": "v24.1.0"}
 *     lora help --json, lora --json  {"version", "topics": […], "commands": [{"name": "cache ls", "summary"}, …]}
 *     lora cache --json              {"topic": "cache", "description", "commands": […]}
 *     lora help install --json       {"command": "install", "summary", "description", "usage", "args", "flags", "examples"}
 */
import { LoraError } from "@lora/client/errors";

/** Of oclif.manifest.json, which comes with this program. */
export interface CommandManifest {
  commands: Readonly<Record<string, CommandFacts>>;
}

interface CommandFacts {
  id: string;
  summary?: string;
  description?: string;
  usage?: string | string[];
  hidden?: boolean;
  aliases?: string[];
  hiddenAliases?: string[];
  args?: Readonly<Record<string, Record<string, unknown>>>;
  flags?: Readonly<Record<string, Record<string, unknown>>>;
  examples?: (string | { description?: string; command: string })[];
}

export interface ProgramFacts {
  name: string;
  version: string;
  topics: Readonly<Record<string, { description?: string }>>;
}

const FLAG_FACTS = [
  "name",
  "char",
  "description",
  "type",
  "required",
  "options",
  "default",
  "multiple",
  "allowNo",
  "helpValue",
] as const;

/**
 * @param argv with `--json` in it
 * @returns undefined where a command is to run
 * @throws LoraError USAGE for a name that is neither command nor topic
 */
export function helpDocument(
  argv: readonly string[],
  manifest: CommandManifest,
  program: ProgramFacts,
): unknown {
  const dashes = argv.indexOf("--");
  const own = (dashes < 0 ? argv : argv.slice(0, dashes)).filter((argument) => argument !== "--json");
  if (own[0] === "--version")
    return {
      name: program.name,
      version: program.version,
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
    };
  const asksForHelp = own[0] === "help" || own.includes("--help");
  const words = own.filter((argument) => !argument.startsWith("-"));
  if (own[0] === "help") words.shift();
  if (words.length === 0)
    return { version: program.version, topics: topicsOf(program), commands: listed(manifest) };
  const command = findCommand(manifest, words);
  if (command !== undefined) return asksForHelp ? describe(command) : undefined;
  const [topic = ""] = words;
  const commands = listed(manifest).filter(({ name }) => name.startsWith(`${topic} `));
  if (commands.length > 0 && words.length === 1)
    return { topic, description: program.topics[topic]?.description, commands };
  throw new LoraError(
    "USAGE",
    `there is no command ${JSON.stringify(words.slice(0, commands.length > 0 ? 2 : 1).join(" "))}`,
    {
      hint: `see what there is: lora help${commands.length > 0 ? ` ${topic}` : ""}`,
    },
  );
}

/** The longest beginning of the words that is a command: `cache ls`, not `cache`. */
function findCommand({ commands }: CommandManifest, words: readonly string[]): CommandFacts | undefined {
  const all = Object.values(commands);
  for (let length = words.length; length > 0; length -= 1) {
    const id = words.slice(0, length).join(":");
    const found = all.find(
      (command) => command.id === id || command.aliases?.includes(id) || command.hiddenAliases?.includes(id),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function listed({ commands }: CommandManifest): { name: string; summary: string | undefined }[] {
  return Object.values(commands)
    .filter(({ hidden }) => hidden !== true)
    .map(({ id, summary, description }) => ({ name: nameOf(id), summary: plain(summary ?? description) }))
    .sort((x, y) => (x.name < y.name ? -1 : 1));
}

function topicsOf({ topics }: ProgramFacts) {
  return Object.entries(topics).map(([name, { description }]) => ({ name, description }));
}

function describe({ id, summary, description, usage, args, flags, examples }: CommandFacts) {
  return {
    command: nameOf(id),
    summary: plain(summary),
    description: plain(description),
    usage: plain(Array.isArray(usage) ? usage.join("\n") : usage),
    args: Object.values(args ?? {}).map(facts),
    flags: Object.values(flags ?? {})
      .filter((flag) => flag.hidden !== true)
      .map(facts),
    examples: (examples ?? []).map((example) =>
      typeof example === "string"
        ? { command: plain(example) }
        : { ...example, command: plain(example.command) },
    ),
  };
}

function facts(described: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    FLAG_FACTS.flatMap((key) => (described[key] === undefined ? [] : [[key, described[key]]])),
  );
}

function nameOf(id: string): string {
  return id.replaceAll(":", " ");
}

/** Texts are templates of oclif's, in which only the program's name is filled in. */
function plain<Text extends string | undefined>(text: Text): Text {
  return text?.replaceAll("<%= config.bin %>", "lora") as Text;
}
