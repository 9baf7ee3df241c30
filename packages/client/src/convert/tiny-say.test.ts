// SPDX-License-Identifier: Apache-2.0
/** Against files that another program wrote from the same adapters: the gguf package of llama.cpp. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source/index.ts";
import { fingerprintBase } from "../fingerprint/index.ts";
import { readAdapter, readTensorData } from "../formats/gguf/index.ts";
import { convert } from "./peft.test.support.ts";

const fixture = (path: string) =>
  readFileSync(new URL(`../../../../test/fixtures/tiny-say/${path}`, import.meta.url));

describe.each(["v1", "v2"])("tiny-say %s", (version) => {
  describe.each(["upper", "shout", "rot13"])("%s", (ability) => {
    const request = {
      config: fixture(`${version}/${ability}/adapter_config.json`),
      weights: bytesSource(fixture(`${version}/${ability}/adapter_model.safetensors`), "weights"),
    };
    const config = { config: fixture(`${version}/hf/config.json`) };

    it("has the tensors of the reference, bit for bit", async () => {
      const reference = bytesSource(fixture(`${version}/${ability}.gguf`), "reference");
      const converted = await convert({ ...request, base: config, type: "F32" });
      const ours = bytesSource(converted.bytes, "ours");
      const [theirs, found] = [await readAdapter(reference), await readAdapter(ours)];
      expect(found).toMatchObject({
        architecture: theirs.architecture,
        alpha: theirs.alpha,
        rank: theirs.rank,
        targets: theirs.targets,
      });
      expect(found.tensors).toHaveLength(theirs.tensors.length);
      for (const expected of theirs.tensors) {
        const pair = found.tensors.find(({ base }) => base === expected.base);
        if (pair === undefined) throw new Error(expected.base);
        for (const half of ["a", "b"] as const) {
          expect(pair[half].dims).toEqual(expected[half].dims);
          expect(pair[half].type).toBe(expected[half].type);
          const [data, wanted] = await Promise.all([
            readTensorData(ours, pair[half]),
            readTensorData(reference, expected[half]),
          ]);
          expect(Buffer.from(data).equals(wanted), pair[half].name).toBe(true);
        }
      }
    });

    it("comes out the same whatever tells of the base, and however often", async () => {
      const { record } = await fingerprintBase(bytesSource(fixture(`${version}/base-f16.gguf`), "base"));
      const [first, again, byRecord] = await Promise.all(
        [config, config, { record }].map((base) => convert({ ...request, base })),
      );
      expect(Buffer.from(again?.bytes ?? []).equals(first?.bytes ?? new Uint8Array())).toBe(true);
      expect(Buffer.from(byRecord?.bytes ?? []).equals(first?.bytes ?? new Uint8Array())).toBe(true);
    });
  });
});
