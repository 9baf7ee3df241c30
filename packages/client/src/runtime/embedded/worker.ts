// SPDX-License-Identifier: Apache-2.0
/**
 * The process in which node-llama-cpp runs, forked by embedded.ts. A crash in C++ ends it and not the caller; it ends
 * itself when the caller is no more, which it sees by its channel being closed.
 */
import { LoraError } from "../../errors.ts";
import type { ContextExcess } from "../failure.ts";
import { killGroup } from "../owned-process.ts";
import { type EmbeddedModel, openLlama, openModel } from "./model.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

const MAX_LOG_LINES = 50;

let model: EmbeddedModel | undefined;
const aborts = new Map<number, AbortController>();
let log: string[] = [];
/** A context computes one request at a time. */
let queue: Promise<void> = Promise.resolve();

process.on("disconnect", () => killGroup(process.pid));
process.on("message", (message: ToWorker) => {
  if (message.type === "abort") return aborts.get(message.id)?.abort();
  if ("id" in message) aborts.set(message.id, new AbortController());
  queue = queue.then(() => handle(message));
});

async function handle(message: Exclude<ToWorker, { type: "abort" }>): Promise<void> {
  log = [];
  try {
    reply(await answer(message));
  } catch (error) {
    reply({
      type: "failed",
      ...("id" in message ? { id: message.id } : {}),
      message: error instanceof Error ? error.message : String(error),
      log,
      ...(error instanceof LoraError && error.code === "PROMPT_TOO_LONG"
        ? { excess: error.details as unknown as ContextExcess }
        : {}),
    });
  } finally {
    if ("id" in message) aborts.delete(message.id);
  }
}

async function answer(message: Exclude<ToWorker, { type: "abort" }>): Promise<FromWorker> {
  if (message.type === "probe" || message.type === "load") {
    const library: typeof import("node-llama-cpp") = await import(message.moduleUrl);
    if (message.type === "probe") {
      return { type: "ready", llamaCpp: (await openLlama(library, keep)).llamaCppRelease.release };
    }
    model = await openModel(library, message, keep);
    return { type: "ready", llamaCpp: model.llamaCpp };
  }
  if (model === undefined) throw new Error("no model is loaded");
  const { id } = message;
  const signal = aborts.get(id)?.signal ?? AbortSignal.abort();
  signal.throwIfAborted();
  if (message.type === "next-token") return { type: "done", id, result: await model.nextToken(message) };
  const onText = (chunk: string) => reply({ type: "text", id, chunk });
  return { type: "done", id, result: await model.generate(message, onText, signal) };
}

function keep(line: string): void {
  if (log.push(line) > MAX_LOG_LINES) log.shift();
}

function reply(message: FromWorker): void {
  process.send?.(message);
}
