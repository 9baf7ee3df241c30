// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, it } from "vitest";
import { createLog } from "./create-log.ts";
import { describeError, formatError } from "./describe-error.ts";

const SECRET = "hunter2\n    at hunter2";

/** As PostgreSQL refuses a row: with the row. */
function refused(): Error {
  const cause = Object.assign(new Error("duplicate key value violates unique constraint"), {
    code: "23505",
    detail: `Key (email)=(${SECRET}) already exists.`,
    table_name: "users",
    constraint_name: "users_email",
    parameters: [SECRET],
  });
  return new DrizzleQueryError("insert into users values ($1)", [SECRET], cause);
}

describe("an error in the log", () => {
  it("says which statement failed and why, and none of its values", () => {
    const described = describeError(new LoraError("INTERNAL", "it failed", { cause: refused() }));
    expect(described).toMatchObject({
      message: "it failed",
      code: "INTERNAL",
      cause: {
        message: "a query failed: insert into users values ($1)",
        cause: { code: "23505", table: "users", constraint: "users_email" },
      },
    });
    expect(described.stack).toContain("describe-error.test.ts");
    for (const text of [JSON.stringify(described), formatError(refused())])
      expect(text).not.toContain("hunter2");
  });

  it("is bounded, whatever was thrown", () => {
    const own: Error & { cause?: unknown } = new Error("own");
    own.cause = own;
    expect(JSON.stringify(describeError(own)).length).toBeLessThan(20_000);
    expect(describeError(SECRET)).toEqual({
      type: "string",
      message: expect.not.stringContaining("hunter2"),
    });
    const ofEmscripten = { name: "ErrnoError", errno: 51, node: SECRET };
    expect(formatError(ofEmscripten)).toBe("ErrnoError: something else than an error was thrown (51)");
    const many = new AggregateError(Array.from({ length: 100 }, () => new Error("one")));
    expect(describeError(many).errors).toHaveLength(5);
  });

  it("is written so by the log of the process", () => {
    const lines: string[] = [];
    const log = createLog("info", { write: (line) => void lines.push(line) });
    log.child({ requestId: "1" }).error({ err: refused() }, "failed");
    expect(lines.join("")).toContain("users_email");
    expect(lines.join("")).not.toContain("hunter2");
  });
});
