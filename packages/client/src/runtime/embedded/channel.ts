// SPDX-License-Identifier: Apache-2.0
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { LoraError } from "../../errors.ts";
import { explainLog, printable, processFailure, promptTooLong } from "../failure.ts";
import { OWN_GROUP, ownProcess } from "../owned-process.ts";
import type { GenerateResult } from "../runtime.ts";
import type { FromWorker, GenerateMessage, LoadMessage, NextTokenMessage, ToWorker } from "./protocol.ts";

/** The caller's side of a worker process. */
export interface Worker {
  readonly pid: number;
  /** Loads, or only looks whether it could; to be called once. Resolves to llama.cpp's release. */
  open(message: LoadMessage | ProbeMessage, doing: string, signal?: AbortSignal): Promise<string>;
  generate(message: Unnumbered<GenerateMessage>, options: RequestOptions): Promise<GenerateResult>;
  nextToken(message: Unnumbered<NextTokenMessage>, options: RequestOptions): Promise<Float32Array>;
  stop(): Promise<void>;
}

export type ProbeMessage = Extract<ToWorker, { type: "probe" }>;
type Unnumbered<Message> = Omit<Message, "id" | "type">;

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  onText?: ((chunk: string) => void) | undefined;
}

interface Pending {
  succeed(value: unknown): void;
  fail(error: unknown): void;
  onText(chunk: string): void;
}

const NAME = "node-llama-cpp";
/** The id of the one `open`, whose answer carries none. */
const OPEN_ID = 0;

/** @throws LoraError RUNTIME_FAILED when no process could be started */
export async function startWorker(env: NodeJS.ProcessEnv): Promise<Worker> {
  const script = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  const child = fork(script, [], {
    env,
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
    detached: OWN_GROUP,
  });
  const pending = new Map<number, Pending>();
  let lastId = OPEN_ID;
  let doing = "starting";

  child.on("message", (message: FromWorker) => {
    const request = pending.get("id" in message ? (message.id ?? OPEN_ID) : OPEN_ID);
    if (message.type === "text") request?.onText(message.chunk);
    else if (message.type === "ready") request?.succeed(message.llamaCpp);
    else if (message.type === "done") request?.succeed(message.result);
    else request?.fail(describeFailure(message, doing));
  });
  const owned = await ownProcess(NAME, child);
  void owned.exited.then(() => {
    for (const request of pending.values()) request.fail(processFailure(owned, doing));
  });

  // A message that cannot be sent is no news: the end of the process fails every request.
  const post = (message: ToWorker) => void child.send(message, () => {});

  async function ask(message: ToWorker, id: number, { signal, onText }: RequestOptions): Promise<unknown> {
    signal?.throwIfAborted();
    if (owned.exit !== undefined) throw processFailure(owned, doing);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const abandon = (reason: unknown) => {
      post({ type: "abort", id });
      reject(reason);
    };
    const onAbort = () => abandon(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    pending.set(id, {
      succeed: resolve,
      fail: reject,
      onText(chunk) {
        if (signal?.aborted) return;
        try {
          onText?.(chunk);
        } catch (error) {
          abandon(error);
        }
      },
    });
    post(message);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      pending.delete(id);
    }
  }

  return {
    pid: owned.pid,
    async open(message, what, signal) {
      doing = what;
      const llamaCpp = (await ask(message, OPEN_ID, { signal })) as string;
      doing = "answering";
      return llamaCpp;
    },
    async generate(message, options) {
      const id = ++lastId;
      return (await ask({ ...message, type: "generate", id }, id, options)) as GenerateResult;
    },
    async nextToken(message, options) {
      const id = ++lastId;
      return (await ask({ ...message, type: "next-token", id }, id, options)) as Float32Array;
    },
    stop: () => owned.kill(),
  };
}

function describeFailure(failed: Extract<FromWorker, { type: "failed" }>, doing: string): LoraError {
  if (failed.excess !== undefined) return promptTooLong(failed.excess);
  const cause = explainLog(failed.log);
  const reason = printable(failed.message) + (cause === undefined ? "" : `: ${cause}`);
  return new LoraError(
    "RUNTIME_FAILED",
    failed.id === undefined
      ? `${NAME} failed while ${doing}: ${reason}`
      : `${NAME} refused the request: ${reason}`,
    { details: { log: failed.log.map(printable) } },
  );
}
