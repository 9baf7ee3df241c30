// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { readVectors, testSeed } from "./memory-log.test.support.ts";
import { parseNote } from "./note.ts";
import { signerKey } from "./note-key.ts";
import { cosignCheckpoint, signNote, verifyNote } from "./note-signature.ts";

const c2sp = readVectors<{ cosignedCheckpoint: string; cosignatureTimeSeconds: number }>(
  "c2sp-examples.json",
);

describe("cosignatures", () => {
  it("in C2SP's document hold the time that it gives", async () => {
    const [, signature] = parseNote(c2sp.cosignedCheckpoint).signatures;
    expect(signature?.name).toBe("witness.example.com/w1");
    const time = new DataView((signature?.signature ?? new Uint8Array()).slice(0, 8).buffer).getBigUint64(0);
    expect(Number(time)).toBe(c2sp.cosignatureTimeSeconds);
    expect(signature?.signature).toHaveLength(8 + 64);
  });

  it("bind the text and the time", async () => {
    const key = await signerKey("clock.example", "cosignature/v1", testSeed(4));
    const text = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    const signature = await cosignCheckpoint(text, key, 1_800_000_000);
    expect(await verifyNote({ text, signatures: [signature] }, [key])).toEqual([
      { key, timeSeconds: 1_800_000_000 },
    ]);
    for (let at = 0; at < signature.signature.length; at += 1) {
      const changed = Uint8Array.from(signature.signature);
      changed[at] = (changed[at] as number) ^ 1;
      await expect(
        verifyNote({ text, signatures: [{ ...signature, signature: changed }] }, [key]),
      ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    }
    await expect(
      verifyNote({ text: text.replace("log", "lag"), signatures: [signature] }, [key]),
    ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it("and signatures by one pair of keys do not pass for each other", async () => {
    const log = await signerKey("log.example", "ed25519", testSeed(5));
    const witness = await signerKey("log.example", "cosignature/v1", testSeed(5));
    const text = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    const plain = await signNote(text, log);
    await expect(
      verifyNote({ text, signatures: [{ ...plain, keyId: witness.keyId }] }, [witness]),
    ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    await expect(signNote(text, witness)).rejects.toThrow(TypeError);
    await expect(cosignCheckpoint(text, log, 1)).rejects.toThrow(TypeError);
  });
});
