// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import type { OwnedProcess, ProcessExit } from "./owned-process.ts";

const MAX_REASON_LENGTH = 300;
/** llama.cpp's `0.00.006.480 E srv    load_model: `: time, level, and from some places who speaks. */
const LOG_PREFIX = /^\d+\.\d\d\.\d{3}\.\d{3} (?<level>[A-Z]) /;
const COMPLAINT =
  /\b(?:error|fail(?:ed|ure)?|invalid|unable|cannot|unknown|assert|abort(?:ed)?|out of memory)\b/i;

/**
 * What a runtime complained of, from its log: the first complaint names the cause, those after it say in turn that
 * something failed. File names and keys of a model are in it, so control characters are taken out.
 */
export function explainLog(lines: readonly string[]): string | undefined {
  const leveled = lines.some((line) => LOG_PREFIX.test(line));
  const complaint =
    lines.find((line) => (leveled ? LOG_PREFIX.exec(line)?.groups?.level === "E" : COMPLAINT.test(line))) ??
    lines.find((line) => COMPLAINT.test(line)) ??
    lines.findLast((line) => line.trim() !== "");
  return complaint === undefined ? undefined : printable(complaint.replace(LOG_PREFIX, ""));
}

/** @param doing what was under way, such as "loading model.gguf" */
export function processFailure(owned: OwnedProcess, doing: string, cause?: unknown): LoraError {
  const log = owned.lastLines();
  const reason = owned.exit === undefined ? messageOf(cause) : explainLog(log);
  const end = owned.exit === undefined ? "failed" : `ended (${describeExit(owned.exit)})`;
  return new LoraError(
    "RUNTIME_FAILED",
    `${owned.name} ${end} while ${doing}${reason === undefined ? "" : `: ${reason}`}`,
    { details: { log: log.slice(-20).map(printable) }, ...(cause === undefined ? {} : { cause }) },
  );
}

function describeExit({ code, signal }: ProcessExit): string {
  return signal === null ? `exit code ${code}` : `by ${signal}`;
}

function messageOf(cause: unknown): string | undefined {
  return cause instanceof Error ? printable(cause.message) : undefined;
}

export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…` : line;
}

/** Of the model as it was loaded. */
export interface ContextExcess {
  promptTokens: number;
  contextTokens: number;
}

/** Said alike by both runtimes. */
export function promptTooLong({ promptTokens, contextTokens }: ContextExcess): LoraError {
  return new LoraError(
    "PROMPT_TOO_LONG",
    `the prompt has ${promptTokens} tokens, the context has room for ${contextTokens}`,
    { details: { promptTokens, contextTokens } },
  );
}
