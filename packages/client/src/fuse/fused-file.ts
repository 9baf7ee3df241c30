// SPDX-License-Identifier: Apache-2.0
/**
 * Fused stacks in the store, made once for each stack and its scales:
 *
 *     fused/<digest>.gguf    the adapter
 *     fused/<digest>.json    {"v":1,"rank":28,"error":0}
 *
 * digest = sha256 of `{"v":1,"maxRank":…,"adapters":[{"sha256":…,"scale":…}]}`. Nothing refers to a fused file but a
 * running server: all of them may be deleted at any time.
 */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Sha256, sha256Of } from "../digest.ts";
import { type FileSource, openFileSource } from "../file-source/index.ts";
import { readAdapter, streamAdapter } from "../formats/gguf/index.ts";
import { writeStreamDurably } from "../store/durable-stream.ts";
import { writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";
import { fuseAdapters, type StackedAdapter, type TensorMaker } from "./fuse-adapters.ts";

export interface AdapterToFuse {
  name: string;
  sha256: string;
  path: string;
  scale: number;
}

export interface FuseRequest {
  storeDirectory: string;
  /** In order of application. Those of scale 0 are left out. */
  adapters: readonly AdapterToFuse[];
  /** Cuts higher ranks down to this. */
  maxRank?: number | undefined;
}

export interface FusedFile {
  path: string;
  digest: Sha256;
  rank: number;
  sizeBytes: number;
  /** Of a cut: the root of its lost share, 0 (nothing lost) to 1; over all tensors. */
  error: number;
  /** Whether it was in the store already. */
  reused: boolean;
}

const noteSchema = z.object({ v: z.literal(1), rank: z.int(), error: z.number() });

export function fusedDigest(adapters: FuseRequest["adapters"], maxRank?: number): Sha256 {
  const used = adapters.filter(({ scale }) => scale !== 0);
  return sha256Of(
    JSON.stringify({
      v: 1,
      maxRank: maxRank ?? null,
      adapters: used.map(({ sha256, scale }) => ({ sha256, scale })),
    }),
  );
}

/** @throws LoraError as `fuseAdapters`, and of reading and writing files */
export async function fuseStack({ storeDirectory, adapters, maxRank }: FuseRequest): Promise<FusedFile> {
  const digest = fusedDigest(adapters, maxRank);
  const path = join(storeDirectory, "fused", `${digest}.gguf`);
  const notePath = join(storeDirectory, "fused", `${digest}.json`);
  const known = await readFused(path, notePath);
  if (known !== undefined) return { path, digest, reused: true, ...known };

  await makeDirectory(join(storeDirectory, "fused"));
  const sources: FileSource[] = [];
  try {
    const stack: StackedAdapter[] = [];
    for (const { name, path: adapterPath, scale } of adapters) {
      const source = await openFileSource(adapterPath);
      sources.push(source);
      stack.push({ name, source, scale, adapter: await readAdapter(source, { mixedRanks: true }) });
    }
    const { content, rank, losses } = fuseAdapters(stack, maxRank);
    const stream = streamAdapter(content, makeInOrder);
    await rm(notePath, { force: true });
    await writeStreamDurably(path, stream.chunks());
    const error = relativeError(losses);
    await writeFileDurably(notePath, `${JSON.stringify({ v: 1, rank, error })}\n`);
    return { path, digest, rank, error, sizeBytes: stream.sizeBytes, reused: false };
  } finally {
    for (const source of sources) await source[Symbol.asyncDispose]();
  }
}

async function* makeInOrder(makers: readonly TensorMaker[]): AsyncGenerator<Uint8Array> {
  for (const make of makers) yield await make();
}

function relativeError(losses: readonly { lostSquare: number; wholeSquare: number }[]): number {
  const lost = losses.reduce((sum, { lostSquare }) => sum + lostSquare, 0);
  const whole = losses.reduce((sum, { wholeSquare }) => sum + wholeSquare, 0);
  return whole === 0 ? 0 : Math.sqrt(lost / whole);
}

/** The note is written last, so a file with one is whole; its header is read again all the same. */
async function readFused(
  path: string,
  notePath: string,
): Promise<{ rank: number; error: number; sizeBytes: number } | undefined> {
  try {
    const { rank, error } = noteSchema.parse(JSON.parse(await readFile(notePath, "utf8")));
    await using source = await openFileSource(path);
    const adapter = await readAdapter(source, { mixedRanks: true });
    return adapter.rank === rank ? { rank, error, sizeBytes: (await stat(path)).size } : undefined;
  } catch {
    return undefined;
  }
}
