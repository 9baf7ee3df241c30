// SPDX-License-Identifier: Apache-2.0
/** Each refusal of C2SP tlog-witness, on a log that this test signs itself. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EMPTY_EDGE,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  growTree,
  type Hash,
  hashLeaf,
  parseNote,
  parseSignatureLines,
  proveConsistency,
  rootOfEdge,
  rootOfHashes,
  type SignerKey,
  signerKey,
  signNote,
  type Tree,
  verifyNote,
} from "@lora/client/transparency";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWitnessState, settleWitnessKey } from "./state.ts";
import { createWitness, type Witness } from "./witness.ts";

let directory: string;
let log: SignerKey;
let key: SignerKey;
let witness: Witness;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-witness-"));
  log = await signerKey("lora.example/log", "ed25519");
  key = await settleWitnessKey(directory, "friend.example/witness");
  witness = await open();
});
afterEach(() => rm(directory, { recursive: true }));

async function open(): Promise<Witness> {
  const state = await openWitnessState(directory, log);
  return createWitness({ logKey: log, key, state, now: () => new Date(1_795_000_000_000) });
}

/** Leaves `tag 0`, `tag 1`, …: another tag from some leaf on is another history. */
function leavesOf(size: number, forkAt = Number.POSITIVE_INFINITY): Hash[] {
  return Array.from({ length: size }, (_, i) =>
    hashLeaf(Buffer.from(`${i < forkAt ? "leaf" : "other"} ${i}`)),
  );
}
const treeOf = (leaves: readonly Hash[]): Tree => ({
  size: leaves.length,
  root: rootOfEdge(growTree(EMPTY_EDGE, leaves).edge),
});

async function noteOf(leaves: readonly Hash[], signer: SignerKey = log): Promise<string> {
  const text = formatCheckpoint({ origin: signer.name, ...treeOf(leaves), extensions: [] });
  return formatNote({ text, signatures: [await signNote(text, signer)] });
}

async function ask(oldSize: number, leaves: readonly Hash[], over: { proof?: Hash[]; note?: string } = {}) {
  const reader = {
    readHashes: async (subtrees: readonly { height: number; index: number }[]) =>
      subtrees.map(({ height, index }) =>
        rootOfHashes(leaves.slice(index * 2 ** height, (index + 1) * 2 ** height)),
      ),
  };
  const proof =
    over.proof ??
    (oldSize > 0 && oldSize <= leaves.length ? await proveConsistency(oldSize, leaves.length, reader) : []);
  const checkpoint = over.note ?? (await noteOf(leaves));
  return witness.addCheckpoint(Buffer.from(formatAddCheckpoint({ oldSize, proof, checkpoint })));
}

const evidence = () => readdir(join(directory, "evidence"));

it("cosigns a log that grows, each time with the time", async () => {
  for (const [from, to] of [
    [0, 3],
    [3, 3],
    [3, 300],
    [300, 1000],
  ] as const) {
    const answer = await ask(from, leavesOf(to));
    expect(answer.status).toBe(200);
    const { text } = parseNote(await noteOf(leavesOf(to)));
    const [verified] = await verifyNote({ text, signatures: parseSignatureLines(answer.body) }, [key]);
    expect(verified?.timeSeconds).toBe(1_795_000_000);
  }
  expect(await evidence()).toEqual([]);
});

it("refuses a fork, remembers what it saw, and keeps the evidence", async () => {
  await ask(0, leavesOf(5));
  const forked = leavesOf(9, 3);
  expect((await ask(5, forked)).status).toBe(422);
  expect((await ask(5, leavesOf(5, 3))).status).toBe(409);
  expect(await evidence()).toHaveLength(2);
  expect((await ask(5, leavesOf(9))).status).toBe(200);
});

it("refuses a rollback, and says what it saw", async () => {
  await ask(0, leavesOf(5));
  expect(await ask(0, leavesOf(4))).toEqual({ status: 409, body: "5\n", type: "text/x.tlog.size" });
  expect((await ask(4, leavesOf(4))).body).toBe("5\n");
  expect((await ask(5, leavesOf(4))).status).toBe(400);
});

it("refuses all of that after a restart too, under the same key", async () => {
  await ask(0, leavesOf(5));
  key = await settleWitnessKey(directory, undefined);
  witness = await open();
  expect((await ask(5, leavesOf(9, 3))).status).toBe(422);
  expect((await ask(0, leavesOf(4))).body).toBe("5\n");
  expect((await ask(5, leavesOf(6))).status).toBe(200);
});

it("answers requests that are wrong in themselves", async () => {
  const other = await signerKey("other.example/log", "ed25519");
  const impostor = await signerKey("lora.example/log", "ed25519");
  expect((await ask(0, leavesOf(2), { note: await noteOf(leavesOf(2), other) })).status).toBe(404);
  expect((await ask(0, leavesOf(2), { note: await noteOf(leavesOf(2), impostor) })).status).toBe(403);
  const spoilt = (await noteOf(leavesOf(2))).replace(/.{3}=\n$/, "AAA=\n");
  expect((await ask(0, leavesOf(2), { note: spoilt })).status).toBe(403);
  expect((await ask(0, leavesOf(2), { proof: leavesOf(1) })).status).toBe(422);
  for (const body of ["", "old 0", "old x\n\nnote\n", "\u0000", "old 0\n\nlora.example/log\n"]) {
    expect((await witness.addCheckpoint(Buffer.from(body))).status).toBe(400);
  }
  expect(await witness.addCheckpoint(new Uint8Array(200_000))).toMatchObject({ status: 400 });
});

it("cosigns one of two that come at once for the same size", async () => {
  await ask(0, leavesOf(5));
  const answers = await Promise.all([ask(5, leavesOf(8)), ask(5, leavesOf(9))]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

it("starts on no state but its own", async () => {
  await writeFile(join(directory, "checkpoint"), "nonsense");
  await expect(open()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  await expect(settleWitnessKey(directory, "another.example/witness")).rejects.toMatchObject({
    code: "USAGE",
  });
});

it.runIf(process.platform === "linux")("is refused a place where no directory can be made", async () => {
  await expect(openWitnessState("/proc/lora-nothing/witness", log)).rejects.toMatchObject({
    code: "IO_FAILED",
  });
});
