// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parsePackageName, parseScopeName } from "../names.ts";
import { parseVersion } from "../versions.ts";
import { proveInclusion } from "./inclusion-proof.ts";
import { formatLogEntry, type LogEntry } from "./log-entry.ts";
import {
  type MemoryLog,
  memoryLog,
  readVectors,
  signedCheckpoint,
  testSeed,
  textLeaves,
  withByte,
} from "./memory-log.test.support.ts";
import { formatVerifierKey, type SignerKey, signerKey } from "./note-key.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { Policy } from "./policy.ts";
import { formatReceipt, MAX_PROOF_HASHES, parseReceipt } from "./receipt.ts";
import { type ExpectedEntry, verifyReceipt } from "./verify-receipt.ts";

const NOW = 1_800_000_000;
const pkg = parsePackageName("@acme/sql");
const version = parseVersion("1.2.0");
const publish = {
  v: 1,
  t: "publish",
  seq: 0,
  prev: null,
  pkg,
  version,
  id: sha256Of("statement"),
  keyid: sha256Of("key"),
} satisfies LogEntry;
const scope: LogEntry = { v: 1, t: "scope.create", seq: 0, prev: null, scope: parseScopeName("@acme") };
const other: LogEntry = { ...publish, pkg: parsePackageName("@acme/json"), id: sha256Of("other") };
const INDEX = 300;
const expected = { t: "publish", pkg, version, id: publish.id, keyid: publish.keyid } as const;

let log: MemoryLog;
let logKey: SignerKey;
let clock: SignerKey;
let policy: Policy;
let receipt: string;

const receiptFor = async (index: number, entry: LogEntry, size: number, of = log) =>
  formatReceipt({
    entry: formatLogEntry(entry),
    index,
    proof: await proveInclusion(index, size, of.hashes(size)),
    checkpoint: await signedCheckpoint(of.tree(size), logKey, [[clock, NOW]]),
  });

beforeAll(async () => {
  const entries = [...textLeaves(INDEX - 1).slice(1), formatLogEntry(scope), formatLogEntry(scope)];
  log = memoryLog([...entries, formatLogEntry(publish), formatLogEntry(other), ...textLeaves(50, "later")]);
  logKey = await signerKey("log.example", "ed25519", testSeed(1));
  clock = await signerKey("clock.example", "cosignature/v1", testSeed(2));
  policy = parsePolicy(
    `log ${formatVerifierKey(logKey)}\nwitness clock ${formatVerifierKey(clock)}\nquorum clock\n`,
  );
  receipt = await receiptFor(INDEX, publish, 320);
});

describe("a receipt", () => {
  it("proves offline that a release is in the log, and which", async () => {
    const logged = await verifyReceipt(receipt, policy, expected, INDEX);
    expect(logged).toMatchObject({
      entry: publish,
      index: INDEX,
      checkpoint: log.tree(320),
    });
    // The type is that of what was asked for.
    expect(logged.entry.id).toBe(publish.id);
  });

  it("reads the same from text and from bytes, and is written as it was", async () => {
    expect(parseReceipt(new TextEncoder().encode(receipt))).toEqual(parseReceipt(receipt));
    expect(formatReceipt(parseReceipt(receipt))).toBe(receipt);
  });

  it("of the only entry in a log has no hashes", async () => {
    const single = memoryLog([formatLogEntry(scope)]);
    const text = await receiptFor(0, scope, 1, single);
    expect(text).toMatch(/\nindex 0\n\nlog\.example\n1\n/);
    expect(await verifyReceipt(text, policy, { t: "scope.create" })).toMatchObject({
      entry: scope,
      index: 0,
    });
  });

  it.each([
    ["another package's", { ...expected, pkg: parsePackageName("@acme/json") }, "pkg"],
    ["another version's", { ...expected, version: parseVersion("1.2.1") }, "version"],
    ["another release's", { ...expected, id: sha256Of("swapped") }, "id"],
    ["another key's", { ...expected, keyid: sha256Of("substituted") }, "keyid"],
    ["another act's", { t: "yank", pkg, version } as const, "t"],
  ] as const)("is refused when it is %s", async (_what, wanted, field) => {
    await expect(verifyReceipt(receipt, policy, wanted as ExpectedEntry)).rejects.toMatchObject({
      code: "RECEIPT_MISMATCH",
      details: { field },
    });
  });

  it("is refused when the lockfile has the entry elsewhere", async () => {
    await expect(verifyReceipt(receipt, policy, expected, INDEX + 1)).rejects.toMatchObject({
      code: "RECEIPT_MISMATCH",
      details: { field: "index", logged: INDEX, wanted: INDEX + 1 },
    });
  });

  it("is refused with the entry of one place and the proof of another", async () => {
    const { entry } = parseReceipt(await receiptFor(INDEX + 1, other, 320));
    const swapped = formatReceipt({ ...parseReceipt(receipt), entry });
    await expect(verifyReceipt(swapped, policy, { t: "publish" })).rejects.toMatchObject({
      code: "RECEIPT_INVALID",
    });
  });

  it("is refused with a proof to another tree than the checkpoint's", async () => {
    const later = parseReceipt(await receiptFor(INDEX, publish, 330));
    const mixed = formatReceipt({ ...parseReceipt(receipt), proof: later.proof });
    await expect(verifyReceipt(mixed, policy, expected)).rejects.toMatchObject({ code: "RECEIPT_INVALID" });
  });

  it("is refused from a log that the policy does not name", async () => {
    const stranger = await signerKey("stranger.example", "ed25519", testSeed(3));
    const forged = formatReceipt({
      ...parseReceipt(receipt),
      checkpoint: await signedCheckpoint(log.tree(320), stranger, [[clock, NOW]]),
    });
    await expect(verifyReceipt(forged, policy, expected)).rejects.toMatchObject({
      code: "CHECKPOINT_UNTRUSTED",
    });
  });

  it("is refused for an entry that is in the log and is no entry of ours", async () => {
    const index = 7;
    const alien = formatReceipt({
      entry: textLeaves(9)[8] as Uint8Array<ArrayBuffer>,
      index,
      proof: await proveInclusion(index, 320, log.hashes(320)),
      checkpoint: await signedCheckpoint(log.tree(320), logKey, [[clock, NOW]]),
    });
    await expect(verifyReceipt(alien, policy, { t: "publish" })).rejects.toMatchObject({
      code: "LOG_ENTRY_INVALID",
    });
  });

  it("has no byte that can be changed, dropped or doubled", async () => {
    const bytes = new TextEncoder().encode(receipt);
    const accepted: string[] = [];
    const attempt = async (what: string, changed: Uint8Array) => {
      await verifyReceipt(changed, policy, expected).then(
        () => accepted.push(what),
        (error: unknown) => {
          if (!(error instanceof LoraError)) throw error;
        },
      );
    };
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [0x01, 0x20, 0x80])
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

describe("a receipt's text", () => {
  const hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=";
  const head = "c2sp.org/tlog-proof@v1\n";

  it("is that of the example in C2SP's document", () => {
    const { proof } = readVectors<{ proof: string }>("c2sp-examples.json");
    const parsed = parseReceipt(proof);
    expect(parsed.index).toBe(73894);
    expect(parsed.proof).toHaveLength(5);
    expect(parsed.checkpoint).toMatch(/^example\.com\/fancylog\n109482\n/);
    expect(formatReceipt(parsed)).toBe(proof);
  });

  it.each([
    ["nothing", ""],
    ["another first line", `wrong-header\nextra YQ==\nindex 0\n\ncheckpoint\n`],
    ["another version", `c2sp.org/tlog-proof@v2\nextra YQ==\nindex 0\n\ncheckpoint\n`],
    ["no entry", `${head}index 0\n\ncheckpoint\n`],
    ["an empty entry", `${head}extra \nindex 0\n\ncheckpoint\n`],
    ["an entry that is no base64", `${head}extra !!notbase64!!\nindex 0\n\ncheckpoint\n`],
    ["an entry with stray bits", `${head}extra YR==\nindex 0\n\ncheckpoint\n`],
    ["two entries", `${head}extra YQ==\nextra YQ==\nindex 0\n\ncheckpoint\n`],
    ["no index", `${head}extra YQ==\n\n\ncheckpoint\n`],
    ["a word for an index", `${head}extra YQ==\nindex notanumber\n\ncheckpoint\n`],
    ["a negative index", `${head}extra YQ==\nindex -5\n\ncheckpoint\n`],
    ["a zero in front of the index", `${head}extra YQ==\nindex 05\n\ncheckpoint\n`],
    ["an index past 2^53", `${head}extra YQ==\nindex 9007199254740992\n\ncheckpoint\n`],
    ["a space behind the index", `${head}extra YQ==\nindex 5 \n\ncheckpoint\n`],
    ["a line that is no hash", `${head}extra YQ==\nindex 0\n!!notbase64!!\n\ncheckpoint\n`],
    ["a hash of 64 bytes", `${head}extra YQ==\nindex 0\n${"A".repeat(86)}==\n\ncheckpoint\n`],
    [
      "more hashes than any tree is high",
      `${head}extra YQ==\nindex 0\n${`${hash}\n`.repeat(MAX_PROOF_HASHES + 1)}\nc\n`,
    ],
    ["no checkpoint", `${head}extra YQ==\nindex 0\n${hash}\n`],
    ["a carriage return", `${head}extra YQ==\r\nindex 0\n\ncheckpoint\n`],
    ["a byte order mark", `\ufeff${head}extra YQ==\nindex 0\n\ncheckpoint\n`],
    ["a megabyte", `${head}extra ${"A".repeat(1 << 20)}\nindex 0\n\ncheckpoint\n`],
  ])("is refused with %s", (_what, text) => {
    expect(() => parseReceipt(text)).toThrow(expect.objectContaining({ code: "RECEIPT_INVALID" }));
  });

  it("throws nothing but LoraErrors for random bytes, and what parses is written the same", () => {
    const piece = fc.constantFrom(head, "extra YQ==\n", "index 3\n", `${hash}\n`, "\n", "x\n", "index 03\n");
    const shuffled = fc
      .array(piece, { maxLength: 8 })
      .map((pieces) => new TextEncoder().encode(pieces.join("")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), shuffled), (bytes) => {
        try {
          expect(new TextEncoder().encode(formatReceipt(parseReceipt(bytes)))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(LoraError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
