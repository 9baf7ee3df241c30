// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { formatCheckpoint } from "./checkpoint.ts";
import { memoryLog, signedCheckpoint, testSeed, textLeaves, withByte } from "./memory-log.test.support.ts";
import { addSignatures, formatNote, parseNote } from "./note.ts";
import { formatVerifierKey, type SignerKey, signerKey } from "./note-key.ts";
import { cosignCheckpoint, signNote } from "./note-signature.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { Policy } from "./policy.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const NOW = 1_800_000_000;
const HOUR = 3600;
const log = memoryLog(textLeaves(700));
let logKey: SignerKey;
let clock: SignerKey;
let friend: SignerKey;
let policy: Policy;

beforeAll(async () => {
  logKey = await signerKey("log.example", "ed25519", testSeed(1));
  clock = await signerKey("clock.example", "cosignature/v1", testSeed(2));
  friend = await signerKey("friend.example", "cosignature/v1", testSeed(3));
  policy = policyOf("quorum clock");
});

const policyOf = (quorum: string) =>
  parsePolicy(
    `log ${formatVerifierKey(logKey)}\nwitness clock ${formatVerifierKey(clock)}\nwitness friend ${formatVerifierKey(friend)}\n${quorum}\n`,
  );

describe("a checkpoint under a policy", () => {
  it("is believed when the log and the quorum signed it", async () => {
    const note = await signedCheckpoint(log.tree(), logKey, [[clock, NOW]]);
    const checkpoint = await verifyCheckpoint(new TextEncoder().encode(note), policy);
    expect(checkpoint).toMatchObject({ origin: "log.example", ...log.tree(), note });
    expect(checkpoint.cosignatures).toEqual([{ witness: policy.witnesses[0], timeSeconds: NOW }]);
  });

  it("is not believed without the cosignatures of the quorum", async () => {
    const note = await signedCheckpoint(log.tree(), logKey, [[clock, NOW]]);
    await expect(verifyCheckpoint(note, policyOf("quorum friend"))).rejects.toMatchObject({
      code: "COSIGNATURES_MISSING",
      details: { cosigned: ["clock"], missing: ["friend"] },
    });
    await expect(
      verifyCheckpoint(note, policyOf("group both all clock friend\nquorum both")),
    ).rejects.toMatchObject({
      code: "COSIGNATURES_MISSING",
    });
  });

  it("is not believed when only witnesses signed it", async () => {
    const text = formatCheckpoint({ origin: "log.example", ...log.tree(), extensions: [] });
    const note = formatNote({ text, signatures: [await cosignCheckpoint(text, clock, NOW)] });
    await expect(verifyCheckpoint(note, policy)).rejects.toMatchObject({ code: "CHECKPOINT_UNTRUSTED" });
  });

  it("is not believed of a log that the policy does not name", async () => {
    const stranger = await signerKey("stranger.example", "ed25519", testSeed(9));
    const note = await signedCheckpoint(log.tree(), stranger, [[clock, NOW]]);
    await expect(verifyCheckpoint(note, policy)).rejects.toMatchObject({
      code: "CHECKPOINT_UNTRUSTED",
      details: { origin: "stranger.example", logs: ["log.example"] },
    });
  });

  it("is not believed of one log when another one's key signed it", async () => {
    const second = await signerKey("second.example", "ed25519", testSeed(8));
    const both = parsePolicy(
      `log ${formatVerifierKey(logKey)}\nlog ${formatVerifierKey(second)}\nquorum none\n`,
    );
    const text = formatCheckpoint({ origin: "log.example", ...log.tree(), extensions: [] });
    const note = formatNote({ text, signatures: [await signNote(text, second)] });
    await expect(verifyCheckpoint(note, both)).rejects.toMatchObject({ code: "CHECKPOINT_UNTRUSTED" });
  });

  it("is not believed under a key of the log's name that is another key", async () => {
    const impostor = await signerKey("log.example", "ed25519", testSeed(7));
    const note = await signedCheckpoint(log.tree(), impostor, [[clock, NOW]]);
    await expect(verifyCheckpoint(note, policy)).rejects.toMatchObject({ code: "CHECKPOINT_UNTRUSTED" });
  });

  it("is believed from either key while a log changes its key", async () => {
    const next = await signerKey("log.example", "ed25519", testSeed(6));
    const rotating = parsePolicy(
      `log ${formatVerifierKey(logKey)}\nlog ${formatVerifierKey(next)}\nquorum none\n`,
    );
    for (const key of [logKey, next])
      expect(await verifyCheckpoint(await signedCheckpoint(log.tree(), key), rotating)).toMatchObject({
        size: 700,
      });
  });

  it("takes the newest time of a witness that cosigned twice", async () => {
    const note = await signedCheckpoint(log.tree(), logKey, [
      [clock, NOW],
      [clock, NOW - HOUR],
    ]);
    expect((await verifyCheckpoint(note, policy)).cosignatures).toHaveLength(1);
    expect((await verifyCheckpoint(note, policy)).cosignatures[0]?.timeSeconds).toBe(NOW);
  });

  it("passes over what others add, and keeps it", async () => {
    const note = parseNote(await signedCheckpoint(log.tree(), logKey, [[clock, NOW]]));
    const unknown = { name: "pq.example", keyId: "01020304", signature: new Uint8Array(2420) };
    const added = formatNote(addSignatures(note, [unknown]));
    expect((await verifyCheckpoint(added, policy)).note).toBe(added);
  });

  it("has no byte that can be changed, dropped or doubled", async () => {
    const bytes = new TextEncoder().encode(await signedCheckpoint(log.tree(), logKey, [[clock, NOW]]));
    await verifyCheckpoint(bytes, policy);
    const accepted: string[] = [];
    const attempt = async (what: string, changed: Uint8Array) => {
      await verifyCheckpoint(changed, policy).then(
        () => accepted.push(what),
        (error: unknown) => {
          if (!(error instanceof LoraError)) throw error;
        },
      );
    };
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [0x01, 0x02, 0x10, 0x20, 0x80])
        await attempt(
          `byte ${at} ^ ${mask}`,
          withByte(bytes, at, (byte) => byte ^ mask),
        );
      await attempt(
        `byte ${at} dropped`,
        Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]),
      );
      await attempt(
        `byte ${at} doubled`,
        Uint8Array.from([...bytes.subarray(0, at + 1), ...bytes.subarray(at)]),
      );
      await attempt(`cut at ${at}`, bytes.subarray(0, at));
    }
    expect(accepted).toEqual([]);
  });
});
