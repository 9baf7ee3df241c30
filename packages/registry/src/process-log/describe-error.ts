// SPDX-License-Identifier: Apache-2.0
/**
 * An error as the process's own log has it. Told are names, places and codes; never the values that a statement was sent
 * with, which a driver's message repeats, nor the rows that a server quotes: they are sessions, passwords' hashes, addresses.
 */
import { LoraError } from "@lora/client/errors";
import { DrizzleQueryError } from "drizzle-orm/errors";

export interface DescribedError {
  type: string;
  message: string;
  /** Of the driver, the operating system or the project. */
  code?: string;
  /** Where it was thrown, a line a call. */
  stack?: string;
  details?: Record<string, unknown>;
  /** What PostgreSQL refused: names of the schema, no values. */
  table?: string;
  constraint?: string;
  cause?: DescribedError;
  errors?: DescribedError[];
}

/** A cause may have a cause, and may name itself. */
const MAX_DEPTH = 5;
const MAX_ERRORS = 5;

/** @param error whatever was thrown */
export function describeError(error: unknown, depth = 1): DescribedError {
  if (!(error instanceof Error)) return describeOther(error);
  const described: DescribedError = { type: error.name, message: messageOf(error) };
  const code = textOf(error, "code");
  if (code !== undefined) described.code = code;
  const calls = callsOf(error);
  if (calls !== "") described.stack = calls;
  if (error instanceof LoraError && error.details !== undefined) described.details = error.details;
  // The two drivers write them in two ways.
  const table = textOf(error, "table_name") ?? textOf(error, "table");
  if (table !== undefined) described.table = table;
  const constraint = textOf(error, "constraint_name") ?? textOf(error, "constraint");
  if (constraint !== undefined) described.constraint = constraint;
  if (depth === MAX_DEPTH) return described;
  if (error.cause !== undefined) described.cause = describeError(error.cause, depth + 1);
  if (error instanceof AggregateError) {
    described.errors = error.errors.slice(0, MAX_ERRORS).map((each) => describeError(each, depth + 1));
  }
  return described;
}

/** Emscripten, of which PGlite is made, throws objects with a number. */
function describeOther(thrown: unknown): DescribedError {
  const { name, errno } = Object(thrown) as { name?: unknown; errno?: unknown };
  return {
    type: typeof thrown === "object" && typeof name === "string" ? name : typeof thrown,
    message: "something else than an error was thrown",
    ...(typeof errno === "number" ? { code: String(errno) } : {}),
  };
}

/** The same as text, for a terminal. */
export function formatError(error: unknown): string {
  const lines: string[] = [];
  let described: DescribedError | undefined = describeError(error);
  while (described !== undefined) {
    const prefix = lines.length === 0 ? "" : "caused by ";
    const code = described.code === undefined ? "" : ` (${described.code})`;
    lines.push(
      `${prefix}${described.type}: ${described.message}${code}`,
      ...(described.stack ? [described.stack] : []),
    );
    described = described.cause;
  }
  return lines.join("\n");
}

function messageOf(error: Error): string {
  return error instanceof DrizzleQueryError ? `a query failed: ${error.query}` : error.message;
}

/** A stack begins with the message, which may look like calls itself; one that has another message is not shown. */
function callsOf({ stack = "", message }: Error): string {
  const at = stack.indexOf(message);
  return at < 0 ? "" : stack.slice(at + message.length).replace(/^\n/, "");
}

function textOf(error: Error, key: string): string | undefined {
  const value = (error as unknown as Record<string, unknown>)[key];
  return typeof value === "string" ? value : undefined;
}
