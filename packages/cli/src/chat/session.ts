// SPDX-License-Identifier: Apache-2.0
/** What a chat knows: which abilities are on and how strongly, and what was said. No terminal in here. */
import { LoraError } from "@lora/client/errors";
import type { ChatMessage, ServedStack } from "@lora/client/gateway";
import { MAX_SCALE } from "@lora/client/manifest";
import { type PackageName, parsePackageName, quote } from "@lora/client/names";

export interface ChatSession {
  /** Of abilities that are on; the others are off. */
  scales: Map<PackageName, number>;
  messages: ChatMessage[];
}

/** Begins with the project's stack. */
export function startSession(stack: ServedStack, system?: string): ChatSession {
  return {
    scales: new Map(stack.adapters.map(({ name, scale }) => [name, scale])),
    messages: system === undefined ? [] : [{ role: "system", content: system }],
  };
}

/** The name that stands for what is on. All adapters are named, so that no ability brings another. */
export function modelOf({ scales }: ChatSession, stack: ServedStack): string {
  const isProjects =
    scales.size === stack.adapters.length &&
    stack.adapters.every(({ name, scale }) => scales.get(name) === scale);
  if (isProjects) return "default";
  if (scales.size === 0) return "base";
  return stack.adapters.map(({ name }) => `${name}:${formatScale(scales.get(name) ?? 0)}`).join("+");
}

export const COMMANDS = [
  ["/abilities", "what there is, and what is on"],
  ["/with NAME [SCALE]", "turn an ability on"],
  ["/without NAME", "turn it off"],
  ["/scale NAME SCALE", "how strongly it is applied"],
  ["/history", "what was said"],
  ["/clear", "forget what was said"],
  ["/quit", "end, as Ctrl-D does; Ctrl-C stops an answer"],
] as const;

export type CommandResult = { lines: string[] } | "quit";

/** @param line begins with a slash. @throws LoraError USAGE, NAME_INVALID, NOT_INSTALLED */
export function runCommand(session: ChatSession, stack: ServedStack, line: string): CommandResult {
  const [command, ...words] = line.trim().split(/\s+/);
  switch (command) {
    case "/abilities":
      return { lines: describeAbilities(session, stack) };
    case "/with": {
      const name = abilityOf(stack, words[0]);
      const own = stack.adapters.find((adapter) => adapter.name === name)?.scale ?? 1;
      session.scales.set(name, words[1] === undefined ? own || 1 : parseScale(words[1]));
      return { lines: describeAbilities(session, stack) };
    }
    case "/without":
      session.scales.delete(abilityOf(stack, words[0]));
      return { lines: describeAbilities(session, stack) };
    case "/scale":
      session.scales.set(abilityOf(stack, words[0]), parseScale(words[1] ?? ""));
      return { lines: describeAbilities(session, stack) };
    case "/history":
      return { lines: session.messages.map(({ role, content }) => `${role}: ${content}`) };
    case "/clear":
      session.messages = session.messages.filter(({ role }) => role === "system");
      return { lines: [] };
    case "/quit":
    case "/exit":
      return "quit";
    case "/help":
      return { lines: COMMANDS.map(([usage, what]) => `${usage.padEnd(20)} ${what}`) };
    default:
      throw new LoraError("USAGE", `there is no command ${quote(command ?? "")}`, {
        hint: "see what there is: /help",
      });
  }
}

function describeAbilities({ scales }: ChatSession, { adapters }: ServedStack): string[] {
  if (adapters.length === 0) return ["no abilities are installed"];
  return adapters.map(({ name, version }) => {
    const scale = scales.get(name);
    return scale === undefined ? `  ${name} ${version}` : `* ${name} ${version}, scale ${formatScale(scale)}`;
  });
}

function abilityOf(stack: ServedStack, text: string | undefined): PackageName {
  const name = parsePackageName(text ?? "");
  if (stack.adapters.some((adapter) => adapter.name === name)) return name;
  throw new LoraError("NOT_INSTALLED", `${name} is not installed`, {
    hint: `in another terminal: lora install ${name}`,
  });
}

function parseScale(text: string): number {
  const scale = Number(text);
  if (text !== "" && Math.abs(scale) <= MAX_SCALE) return scale;
  throw new LoraError("USAGE", `${quote(text)} is no scale`, {
    hint: `use a number from -${MAX_SCALE} to ${MAX_SCALE}`,
  });
}

/** As a model's name takes it: no exponent. */
function formatScale(scale: number): string {
  return Number(scale.toFixed(6)).toString();
}
