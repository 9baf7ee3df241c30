// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { acquireFileLock } from "@lora/client/file-lock";
import { makeDirectory } from "@lora/client/store";
import { formatVerifierKey, MAX_ADD_CHECKPOINT_BYTES, type VerifierKey } from "@lora/client/transparency";
import type { Logger } from "pino";
import { DEFAULT_LIMITS } from "../deps.ts";
import { readBody } from "../http/request-body.ts";
import { httpUrl, listen } from "../http/server.ts";
import { followLog } from "./follow.ts";
import { openWitnessState, settleWitnessKey } from "./state.ts";
import { createWitness, type Witness } from "./witness.ts";

export interface WitnessOptions {
  /** Of the log that it watches. */
  logKey: VerifierKey;
  /** Of the registry that serves that log. */
  origin: string;
  /** Of its own key; settled by the first start. */
  name?: string;
  host: string;
  port: number;
  dataDirectory: string;
  followEveryMs: number;
  log: Logger;
}

export interface RunningWitness {
  url: string;
  /** Public half of its key, to be written into policies. */
  key: string;
  close(): Promise<void>;
}

const STALL_MS = 10_000;

/** @throws LoraError DATA_LOCKED, USAGE, STORE_CORRUPT, PERMISSION_DENIED, IO_FAILED; nothing stays open then */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { logKey, origin, host, port, log } = options;
  const directory = resolve(options.dataDirectory);
  await makeDirectory(directory, 0o700);
  const lock = await acquireFileLock(join(directory, "witness.lock"));
  try {
    const key = await settleWitnessKey(directory, options.name);
    const state = await openWitnessState(directory, logKey);
    const witness = createWitness({ logKey, key, state, now: () => new Date() });
    const vkey = formatVerifierKey(key);
    const listener = await listen(
      host,
      port,
      (request) => answer(request, witness, vkey, log),
      DEFAULT_LIMITS,
    );
    const following = followLog({ url: origin, witness, state, log }, options.followEveryMs);
    return {
      url: httpUrl(host, (listener.server.address() as AddressInfo).port),
      key: vkey,
      async close() {
        await following.close();
        await listener.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function answer(request: Request, witness: Witness, vkey: string, log: Logger): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "GET" && pathname === "/") return text(200, `${vkey}\n`);
  if (pathname !== "/add-checkpoint") return text(404, "POST /add-checkpoint, as C2SP tlog-witness says\n");
  if (request.method !== "POST") return text(405, "POST, as C2SP tlog-witness says\n");
  try {
    const chunks: Uint8Array[] = [];
    const limits = { maxBytes: MAX_ADD_CHECKPOINT_BYTES, stallMs: STALL_MS, totalMs: STALL_MS };
    for await (const chunk of readBody(request, limits)) chunks.push(chunk);
    const { status, body, type } = await witness.addCheckpoint(Buffer.concat(chunks));
    log.info({ status, ...(status === 200 ? {} : { body }) }, "add-checkpoint");
    return new Response(body, { status, headers: { "content-type": type } });
  } catch (error) {
    const known = error instanceof LoraError ? error : undefined;
    if (known === undefined || known.kind.httpStatus >= 500)
      log.error({ err: error }, "add-checkpoint failed");
    return text(known?.kind.httpStatus ?? 500, `${known?.message ?? "the witness failed"}\n`);
  }
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
