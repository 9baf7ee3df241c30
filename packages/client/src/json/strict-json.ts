// SPDX-License-Identifier: Apache-2.0
/**
 * JSON from outside. `JSON.parse` keeps the last of two equal keys, so two parsers can see two meanings in one signed
 * text; here a repeated key is an error, as are comments and trailing commas. Depth and size are bounded first.
 */
import { type ParseError, printParseErrorCode, visit } from "jsonc-parser";
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";

export const MAX_JSON_DEPTH = 64;
/** Index files of large packages are the biggest documents: about 1 KiB a version. */
export const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** JSON's other blanks are below it. */
const SPACE = 0x20;

/**
 * @param source what the text is, for messages: "lora.json", "the signature bundle"
 * @throws LoraError JSON_INVALID with line and column
 */
export function parseStrictJson(
  text: string | Uint8Array,
  source: string,
  maxBytes: number = MAX_JSON_BYTES,
): unknown {
  const json = typeof text === "string" ? text : decodeUtf8(text, source);
  if (json.length > maxBytes) throw invalid(source, `is larger than ${maxBytes} bytes`);
  try {
    const value: unknown = JSON.parse(json);
    // Equal keys are one in the value, so the counts differ just where a key is repeated. Reading the text once more to
    // say where costs five times as much, which every start would pay.
    if (countKeys(value, 1) !== countWrittenKeys(json)) refuseRepeatedKeys(json, source);
    return value;
  } catch (error) {
    if (error instanceof LoraError) throw error;
    throw invalid(source, describeSyntaxError(json));
  }
}

/** Of all objects in the value. Infinite, which no text has, where it is nested too deep. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_JSON_DEPTH) return Number.POSITIVE_INFINITY;
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += countKeys(member, depth + 1);
  return count;
}

/** The strings with a colon behind them. @param json known to be JSON, so that quotes are of strings alone */
function countWrittenKeys(json: string): number {
  let count = 0;
  for (let start = json.indexOf('"'); start >= 0; ) {
    let end = json.indexOf('"', start + 1);
    while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
    let after = end + 1;
    while (json.charCodeAt(after) <= SPACE) after += 1;
    if (json[after] === ":") count += 1;
    start = json.indexOf('"', after);
  }
  return count;
}

/** Behind an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let before = at - 1;
  while (json[before] === "\\") before -= 1;
  return (at - before) % 2 === 0;
}

function refuseRepeatedKeys(json: string, source: string): void {
  const open: Set<string>[] = [];
  let depth = 0;
  const enter = (line: number, column: number) => {
    depth += 1;
    if (depth > MAX_JSON_DEPTH)
      throw invalid(source, `is nested deeper than ${MAX_JSON_DEPTH} at ${place(line, column)}`);
  };
  visit(json, {
    onObjectBegin: (_offset, _length, line, column) => {
      enter(line, column);
      open.push(new Set());
    },
    onObjectEnd: () => {
      depth -= 1;
      open.pop();
    },
    onArrayBegin: (_offset, _length, line, column) => enter(line, column),
    onArrayEnd: () => {
      depth -= 1;
    },
    onObjectProperty: (key, _offset, _length, line, column) => {
      const keys = open.at(-1);
      if (keys?.has(key)) throw invalid(source, `has the key ${quote(key)} twice, at ${place(line, column)}`);
      keys?.add(key);
    },
  });
}

function describeSyntaxError(json: string): string {
  let first: (ParseError & { line: number; column: number }) | undefined;
  try {
    visit(
      json,
      {
        onError: (error, offset, length, line, column) => {
          first ??= { error, offset, length, line, column };
        },
      },
      { disallowComments: true },
    );
  } catch {
    // The visitor recurses: text nested deep enough to end its stack is refused like any other.
  }
  if (first === undefined) return "is not JSON";
  const reason = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return `is not JSON: ${reason} at ${place(first.line, first.column)}`;
}

function place(line: number, column: number): string {
  return `line ${line + 1}, column ${column + 1}`;
}

function decodeUtf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(source, "is not UTF-8");
  }
}

function invalid(source: string, what: string): LoraError {
  return new LoraError("JSON_INVALID", `${source} ${what}`, { details: { source } });
}
