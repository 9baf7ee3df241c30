// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from "vitest";
import type { LoraError } from "../errors.ts";
import { compareCheckpoints } from "./compare-checkpoints.ts";
import { isLogEvidence, type LogEvidence } from "./log-evidence.ts";
import { memoryLog, signedCheckpoint, testSeed, textLeaves } from "./memory-log.test.support.ts";
import { formatVerifierKey, type SignerKey, signerKey } from "./note-key.ts";
import { parsePolicy } from "./parse-policy.ts";
import type { Policy } from "./policy.ts";
import { tileHashReader } from "./tile-reader.ts";
import { type VerifiedCheckpoint, verifyCheckpoint } from "./verify-checkpoint.ts";

type Log = typeof log;
const log = memoryLog(textLeaves(700));
const fork = memoryLog([...textLeaves(250), ...textLeaves(450, "fork")]);
let logKey: SignerKey;
let policy: Policy;

beforeAll(async () => {
  logKey = await signerKey("log.example", "ed25519", testSeed(1));
  policy = parsePolicy(`log ${formatVerifierKey(logKey)}\nquorum none\n`);
});

const checkpointAt = async (size: number, of: Log = log) =>
  verifyCheckpoint(await signedCheckpoint(of.tree(size), logKey), policy);
const compare = async (seen: readonly [number, Log], offered: readonly [number, Log]) => {
  const larger = seen[0] > offered[0] ? seen[1] : offered[1];
  return compareCheckpoints(await checkpointAt(...seen), await checkpointAt(...offered), ({ size }) =>
    larger.hashes(size),
  );
};
const contradiction = async (seen: readonly [number, Log], offered: readonly [number, Log]) => {
  const error: LoraError = await compare(seen, offered).then(
    (answer) => expect.fail(`it is ${answer}`),
    (caught: LoraError) => caught,
  );
  expect(error).toMatchObject({ code: "LOG_INCONSISTENT" });
  // As it is written to a file, and read by someone else.
  return (JSON.parse(JSON.stringify(error)) as { details: { evidence: LogEvidence } }).details.evidence;
};

describe("two checkpoints of one log", () => {
  it("are the same, or the offered one is newer or older", async () => {
    expect(await compare([300, log], [300, log])).toBe("same");
    expect(await compare([300, log], [700, log])).toBe("newer");
    expect(await compare([700, log], [300, log])).toBe("older");
    expect(await compare([0, log], [700, log])).toBe("newer");
    expect(await compare([700, log], [0, log])).toBe("older");
    expect(await compare([0, log], [0, log])).toBe("same");
    expect(await compare([240, log], [700, fork])).toBe("newer");
  });

  it.each([
    ["of one size", [700, log], [700, fork]],
    ["the offered one larger", [660, log], [700, fork]],
    ["the offered one smaller", [700, log], [251, fork]],
    ["the smaller one a power of two", [512, log], [700, fork]],
    ["both inside one tile", [690, fork], [691, log]],
  ] as const)("leave evidence when they contradict each other: %s", async (_what, seen, offered) => {
    const evidence = await contradiction(seen, offered);
    expect(await isLogEvidence(evidence, policy)).toBe(true);
    const sizes = [evidence.seen, evidence.offered].map((note) => Number(note.split("\n")[1]));
    expect(sizes).toEqual([seen[0], offered[0]]);
  });

  it("are no evidence unless the larger tree leads to another root than was signed", async () => {
    const evidence = await contradiction([512, log], [700, fork]);
    const honest = await signedCheckpoint(log.tree(700), logKey);
    const { root, proof } = evidence;
    for (const invented of [
      { ...evidence, offered: honest },
      { ...evidence, offered: evidence.seen },
      { ...evidence, proof: proof.slice(1) },
      { ...evidence, proof: [...proof.slice(1), root] },
      { ...evidence, proof: ["?", ...proof.slice(1)] },
      { ...evidence, root: "" },
    ])
      expect(await isLogEvidence(invented, policy)).toBe(false);
    const unsigned = { ...evidence, offered: evidence.offered.replace("\n700\n", "\n701\n") };
    await expect(isLogEvidence(unsigned, policy)).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("are not called a contradiction when it is the mirror's tiles that are wrong", async () => {
    const wrongTiles = ({ size, root }: VerifiedCheckpoint) => tileHashReader({ size, root }, fork);
    await expect(
      compareCheckpoints(await checkpointAt(300), await checkpointAt(700), wrongTiles),
    ).rejects.toMatchObject({ code: "LOG_TILE_INVALID" });
  });

  it("of two logs are never compared", async () => {
    const other = await signerKey("other.example", "ed25519", testSeed(5));
    const otherPolicy = parsePolicy(`log ${formatVerifierKey(other)}\nquorum none\n`);
    const stranger = await verifyCheckpoint(await signedCheckpoint(log.tree(3), other), otherPolicy);
    await expect(
      compareCheckpoints(await checkpointAt(3), stranger, ({ size }) => log.hashes(size)),
    ).rejects.toThrow(TypeError);
  });
});
