// SPDX-License-Identifier: Apache-2.0
/** What nobody but its author can say of a new package. */
import { createInterface } from "node:readline";
import { LoraError } from "@lora/client/errors";
import { type PackageName, parsePackageName } from "@lora/client/names";
import { licenseName } from "@lora/client/publish";

export interface PackageAnswers {
  readonly name: PackageName;
  readonly description: string | undefined;
  readonly license: string | undefined;
}

/** What is known without asking. */
export type KnownAnswers = { readonly [Key in keyof PackageAnswers]?: PackageAnswers[Key] | undefined };

/** One line from a person. */
export type Ask = (question: string) => Promise<string>;

const MAX_LINE_LENGTH = { description: 500, license: 100 };

/**
 * Asks for what is not known; an answer that cannot be is said to be none, and asked for again.
 * @param say where that is said
 */
export async function askForPackage(
  known: KnownAnswers,
  ask: Ask,
  say: (text: string) => void,
): Promise<PackageAnswers> {
  const until = async <Value>(question: string, parse: (text: string) => Value): Promise<Value> => {
    for (;;) {
      try {
        return parse((await ask(question)).trim());
      } catch (error) {
        if (!(error instanceof LoraError) || error.code === "IO_FAILED") throw error;
        say(error.hint === undefined ? error.message : `${error.message}: ${error.hint}`);
      }
    }
  };
  return {
    name: known.name ?? (await until("name (@scope/name): ", parsePackageName)),
    description:
      known.description ?? (await until("description, in a line (may stay empty): ", parseDescription)),
    license: known.license ?? (await until("licence, such as Apache-2.0 (may stay empty): ", parseLicense)),
  };
}

/** @throws LoraError USAGE */
export function parseDescription(text: string): string | undefined {
  if (text.length > MAX_LINE_LENGTH.description || /[\p{Cc}\p{Bidi_Control}]/u.test(text))
    throw new LoraError(
      "USAGE",
      `a description is one line of at most ${MAX_LINE_LENGTH.description} characters`,
    );
  return text || undefined;
}

/** @throws LoraError USAGE */
export function parseLicense(text: string): string | undefined {
  const name = licenseName(text);
  if (text === "" || name !== undefined) return name;
  throw new LoraError(
    "USAGE",
    `a licence is named in a line of at most ${MAX_LINE_LENGTH.license} characters`,
    {
      hint: "use its name at spdx.org/licenses, such as Apache-2.0",
    },
  );
}

/** Questions on stderr, so that stdout has nothing but the outcome. */
export function openQuestions(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): { ask: Ask; end: () => void } {
  const lines = createInterface({ input, output });
  // Lines that were typed or pasted ahead are answers to the questions to come.
  const next = lines[Symbol.asyncIterator]();
  return {
    ask: async (question) => {
      lines.setPrompt(question);
      lines.prompt();
      const { done, value } = await next.next();
      if (done) throw new LoraError("IO_FAILED", "there was no answer, so nothing was written");
      return value;
    },
    end: () => lines.close(),
  };
}
