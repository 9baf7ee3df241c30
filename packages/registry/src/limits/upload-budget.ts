// SPDX-License-Identifier: Apache-2.0
/**
 * How many bytes one account may bring within a day, published or not: what it has only staged is in no scope, so that no
 * scope's quota holds for it. The day begins with the first bytes. Counted in MiB, every file as one at least, so that the
 * number of files is bounded too.
 *
 * A file that goes to S3 is counted when its URLs are handed out, by its announced size: S3 takes no other length.
 */
import { createHash } from "node:crypto";
import { LoraError } from "@lora/client/errors";
import { RateLimiterRes } from "rate-limiter-flexible";
import type { Caller } from "../auth/index.ts";
import type { BlobClaim } from "../blobs/index.ts";
import type { Database } from "../database/index.ts";
import { createLimiter } from "./limiter.ts";

/** A dozen files of the greatest size that a file may have. */
export const DEFAULT_UPLOAD_BYTES = 50 * 1024 ** 3;

const MIB = 1024 ** 2;
const DAY_SECONDS = 24 * 60 * 60;

/** A file that an account may PUT to S3 from now on; `uploadId` where that is in parts. */
export interface HandedOut extends BlobClaim {
  uploadId?: string;
}

export interface UploadBudget {
  /** Counts what was not handed out to this account within a day: all of it or nothing. @throws LoraError QUOTA_EXCEEDED */
  handOut(caller: Caller, files: readonly HandedOut[]): Promise<void>;
  /**
   * Counts a body while it comes, again whenever it comes.
   * @param sizeBytes as announced; undefined where it was not
   * @throws LoraError QUOTA_EXCEEDED, out of the body
   */
  count(
    caller: Caller,
    body: AsyncIterable<Uint8Array>,
    sizeBytes: number | undefined,
  ): AsyncGenerator<Uint8Array>;
}

/**
 * @param limitBytes undefined for as much as there is
 * @param shared where several processes share what they counted
 */
export function createUploadBudget(
  limitBytes: number | undefined,
  shared: Database | undefined,
): UploadBudget {
  const points = Math.ceil((limitBytes ?? 0) / MIB);
  const spent = perDay("upload", points, shared);
  const handed = perDay("handed-out", 1, shared);
  const isExempt = ({ holder }: Caller) => limitBytes === undefined || holder.kind === "operator";

  return {
    async handOut(caller, files) {
      if (isExempt(caller)) return;
      const account = accountOf(caller);
      const keys = new Map(files.map((file) => [markOf(account, file), file.sizeBytes]));
      const isKnown = async (key: string) => ((await handed.get(key))?.consumedPoints ?? 0) > 0;
      const known = await Promise.all([...keys.keys()].map(isKnown));
      const fresh = [...keys].filter((_key, i) => !known[i]);
      if (fresh.length === 0) return;
      await spend(
        account,
        fresh.reduce((sum, [, sizeBytes]) => sum + mebibytes(sizeBytes), 0),
      );
      await Promise.all(fresh.map(([key]) => handed.set(key, 1, DAY_SECONDS)));
    },

    async *count(caller, body, sizeBytes) {
      const account = accountOf(caller);
      let countedBytes = 0;
      let receivedBytes = 0;
      for await (const chunk of body) {
        receivedBytes += chunk.length;
        if (receivedBytes > countedBytes && !isExempt(caller)) {
          const added = mebibytes(Math.max(receivedBytes, sizeBytes ?? 0) - countedBytes);
          await spend(account, added);
          countedBytes += added * MIB;
        }
        yield chunk;
      }
    },
  };

  async function spend(account: string, added: number): Promise<void> {
    try {
      await spent.consume(account, added);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      // What was refused is not brought: something smaller may still be.
      await spent.reward(account, added);
      throw new LoraError("QUOTA_EXCEEDED", `an account may bring ${limitBytes} bytes within a day`, {
        hint: "publish the rest tomorrow, or ask the registry's operator for more",
        details: { limitBytes, retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) },
      });
    }
  }
}

const mebibytes = (sizeBytes: number) => Math.max(1, Math.ceil(sizeBytes / MIB));

function accountOf({ holder }: Caller): string {
  return holder.kind === "publisher" ? `publisher ${holder.publisherId}` : `account ${holder.userId ?? ""}`;
}

/** Of another size, or as another upload in parts, the same digest takes room of its own. */
function markOf(account: string, { sha256, sizeBytes, uploadId = "" }: HandedOut): string {
  const named = [account, sha256, sizeBytes, uploadId].join("\n");
  return createHash("sha256").update(named).digest("base64url").slice(0, 22);
}

function perDay(keyPrefix: string, points: number, shared: Database | undefined) {
  return createLimiter({ keyPrefix, points, durationSeconds: DAY_SECONDS }, shared);
}
