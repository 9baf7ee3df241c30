// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from "vitest";
import { assertFresh } from "./freshness.ts";
import { memoryLog, signedCheckpoint, testSeed, textLeaves } from "./memory-log.test.support.ts";
import { formatVerifierKey, type SignerKey, signerKey } from "./note-key.ts";
import { parsePolicy } from "./parse-policy.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const NOW = 1_800_000_000;
const HOUR = 3600;
const log = memoryLog(textLeaves(3));
let logKey: SignerKey;
let clock: SignerKey;
let friend: SignerKey;

beforeAll(async () => {
  logKey = await signerKey("log.example", "ed25519", testSeed(1));
  clock = await signerKey("clock.example", "cosignature/v1", testSeed(2));
  friend = await signerKey("friend.example", "cosignature/v1", testSeed(3));
});

const policyOf = (quorum: string) =>
  parsePolicy(
    `log ${formatVerifierKey(logKey)}\nwitness clock ${formatVerifierKey(clock)}\nwitness friend ${formatVerifierKey(friend)}\n${quorum}\n`,
  );

describe("freshness", () => {
  /** Checks a checkpoint that these cosigned, verified under the policy with this quorum. */
  const fresh = async (quorum: string, cosigners: [SignerKey, number][], maxAgeSeconds = 24 * HOUR) => {
    const note = await signedCheckpoint(log.tree(), logKey, cosigners);
    const checkpoint = await verifyCheckpoint(note, policyOf(quorum));
    assertFresh(checkpoint, { nowSeconds: NOW, maxAgeSeconds });
    return "fresh";
  };

  it("is what the quorum confirmed within a day", async () => {
    expect(await fresh("quorum clock", [[clock, NOW]])).toBe("fresh");
    expect(await fresh("quorum clock", [[clock, NOW - 24 * HOUR]])).toBe("fresh");
    await expect(fresh("quorum clock", [[clock, NOW - 24 * HOUR - 1]])).rejects.toMatchObject({
      code: "LOG_STALE",
      message: expect.stringContaining("24 hours ago"),
    });
  });

  it("follows the age that is asked for", async () => {
    expect(await fresh("quorum clock", [[clock, NOW - 2 * HOUR]], 2 * HOUR)).toBe("fresh");
    await expect(fresh("quorum clock", [[clock, NOW - 2 * HOUR]], HOUR)).rejects.toMatchObject({
      code: "LOG_STALE",
    });
  });

  it("counts nobody whose cosignature is old towards the quorum", async () => {
    const both = "group both all clock friend\nquorum both";
    const friendAt = (time: number): [SignerKey, number][] => [
      [clock, NOW],
      [friend, time],
    ];
    expect(await fresh(both, friendAt(NOW - HOUR))).toBe("fresh");
    await expect(fresh(both, friendAt(NOW - 48 * HOUR))).rejects.toMatchObject({ code: "LOG_STALE" });
  });

  it("is what any witness confirmed where the policy asks for none, and never what nobody did", async () => {
    expect(await fresh("quorum none", [[friend, NOW - HOUR]])).toBe("fresh");
    await expect(fresh("quorum none", [])).rejects.toMatchObject({ code: "LOG_STALE" });
  });

  it("is not what is dated later than now, beyond what clocks differ by", async () => {
    expect(await fresh("quorum clock", [[clock, NOW + 60]])).toBe("fresh");
    await expect(fresh("quorum clock", [[clock, NOW + HOUR]])).rejects.toMatchObject({
      code: "LOG_STALE",
      hint: "set this machine's clock",
    });
  });
});
