// SPDX-License-Identifier: Apache-2.0
/** What docs/trust.md shows is what the code reads. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseLogEntry } from "./log-entry.ts";
import { memoryLog } from "./memory-log.test.support.ts";
import { parsePolicy } from "./parse-policy.ts";
import { parseReceipt } from "./receipt.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";
import { verifyReceipt } from "./verify-receipt.ts";

const text = readFileSync(new URL("../../../../docs/trust.md", import.meta.url), "utf8");
const blocks = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block]) => block as string);
const blockWith = (start: string) => blocks.filter((block) => block.startsWith(start));
const [entries = ""] = blockWith('{"prev"');
const [receipt = ""] = blockWith("c2sp.org/tlog-proof@v1");
const [checkpoint = ""] = blockWith("lora.example/log\n");
const policies = blockWith("log lora.example/log+");
const leaves = entries
  .trim()
  .split("\n")
  .map((line) => new TextEncoder().encode(line));

describe("docs/trust.md", () => {
  it("shows entries, and the checkpoint of the log that they make", async () => {
    expect(leaves.map((leaf) => parseLogEntry(leaf).t)).toEqual(["scope.create", "key.add", "publish"]);
    const verified = await verifyCheckpoint(checkpoint, parsePolicy(policies[0] as string));
    expect(verified).toMatchObject(memoryLog(leaves).tree());
  });

  it("shows a receipt that verifies under the policy that it shows", async () => {
    const logged = await verifyReceipt(receipt, parsePolicy(policies[0] as string), { t: "publish" }, 2);
    expect(logged.entry).toEqual(parseLogEntry(leaves[2] as Uint8Array));
    expect(parseReceipt(receipt).checkpoint).toBe(checkpoint);
  });

  it("shows a policy that asks for more than this receipt has", async () => {
    const strict = parsePolicy(policies[1] as string);
    expect(strict.witnesses.map(({ name }) => name)).toEqual(["clock", "friend", "lab"]);
    await expect(verifyReceipt(receipt, strict, { t: "publish" })).rejects.toMatchObject({
      code: "COSIGNATURES_MISSING",
    });
  });
});
