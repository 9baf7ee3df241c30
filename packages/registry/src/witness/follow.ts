// SPDX-License-Identifier: Apache-2.0
/** Looks at a log from time to time, as anybody sees it, and asks the witness itself what it thinks of that. */
import { LoraError } from "@lora/client/errors";
import {
  FULL_TILE_BYTES,
  formatAddCheckpoint,
  formatTilePath,
  MAX_NOTE_BYTES,
  parseCheckpoint,
  parseNote,
  proveConsistency,
  tileHashReader,
} from "@lora/client/transparency";
import type { Logger } from "pino";
import type { WitnessState } from "./state.ts";
import type { Witness } from "./witness.ts";

const ANSWER_MS = 10_000;

export interface Following {
  close(): Promise<void>;
}

/** @param url of the registry whose log it is: it serves `/log/…` */
export function followLog(
  deps: { url: string; witness: Witness; state: WitnessState; log: Logger },
  everyMs: number,
): Following {
  const stop = new AbortController();
  const look = async () => {
    try {
      await lookOnce(deps, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) deps.log.warn({ err: error }, "the log could not be followed");
    }
  };
  let running = look();
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs);
  return {
    async close() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}

async function lookOnce(
  { url, witness, state, log }: { url: string; witness: Witness; state: WitnessState; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const note = Buffer.from(await logFile(url, "checkpoint", MAX_NOTE_BYTES, signal)).toString("utf8");
  const checkpoint = parseCheckpoint(parseNote(note).text);
  const oldSize = (await state.read())?.size ?? 0;
  if (checkpoint.size < oldSize) {
    log.warn({ size: checkpoint.size, seen: oldSize }, "the log shows fewer entries than it did");
    return;
  }
  const tiles = {
    readTile: (tile: Parameters<typeof formatTilePath>[0]) =>
      logFile(url, formatTilePath(tile), FULL_TILE_BYTES, signal),
    keepTile: async () => {},
  };
  const proof =
    oldSize === 0 ? [] : await proveConsistency(oldSize, checkpoint.size, tileHashReader(checkpoint, tiles));
  const request = Buffer.from(formatAddCheckpoint({ oldSize, proof, checkpoint: note }));
  const { status, body } = await witness.addCheckpoint(request);
  if (status === 200) log.debug({ size: checkpoint.size }, "the log goes on from what was seen");
  // Its own registry was quicker with a newer one.
  else if (status === 409 && (await state.read())?.size !== checkpoint.size)
    log.debug({ body }, "seen already");
  else log.error({ status, body, size: checkpoint.size }, "the log contradicts what it showed before");
}

async function logFile(
  url: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const response = await fetch(new URL(`/log/${path}`, url), {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    redirect: "error",
  });
  if (!response.ok)
    throw new LoraError("REGISTRY_PROTOCOL", `${url}/log/${path} answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new LoraError("REGISTRY_PROTOCOL", `${url}/log/${path} does not end`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
