// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from "node:stream";
import { parsePackageName } from "@lora/client/names";
import { describe, expect, it } from "vitest";
import { askForPackage, type KnownAnswers, openQuestions } from "./package-questions.ts";

/** What a person sees, and what comes of it. */
async function converse(typed: string, known: KnownAnswers = {}) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let seen = "";
  output.on("data", (chunk) => {
    seen += chunk;
  });
  const questions = openQuestions(input, output);
  input.end(typed);
  const outcome = await askForPackage(known, questions.ask, (text) => output.write(`${text}\n`)).then(
    (answers) => answers,
    (error: unknown) => error,
  );
  questions.end();
  return { outcome, seen };
}

describe("questions for a package", () => {
  it("are for name, description and licence", async () => {
    const { outcome, seen } = await converse("@acme/sql\nWrites SQL\napache-2.0\n");
    expect(outcome).toEqual({ name: "@acme/sql", description: "Writes SQL", license: "Apache-2.0" });
    expect(seen).toBe(
      "name (@scope/name): description, in a line (may stay empty): licence, such as Apache-2.0 (may stay empty): ",
    );
  });

  it("are only for what is not known", async () => {
    const { outcome, seen } = await converse("\n", { name: parsePackageName("@acme/sql"), license: "MIT" });
    expect(outcome).toEqual({ name: "@acme/sql", description: undefined, license: "MIT" });
    expect(seen).toBe("description, in a line (may stay empty): ");
  });

  it("are asked again where the answer is none", async () => {
    const { outcome, seen } = await converse("sql\n@Acme/sql\n@acme/sql\n\u001b[2J\nWrites\n\u0007\n\n");
    expect(outcome).toEqual({ name: "@acme/sql", description: "Writes", license: undefined });
    expect(seen.match(/name \(@scope\/name\)/g)).toHaveLength(3);
    expect(seen).toContain("write @acme/sql");
  });

  it("end with the input", async () => {
    const { outcome } = await converse("@acme/sql\n");
    expect(outcome).toMatchObject({
      code: "IO_FAILED",
      message: "there was no answer, so nothing was written",
    });
  });
});
