// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { LoraError } from "../../errors.ts";
import { fingerprintBase } from "../../fingerprint/index.ts";
import { readAdapter } from "./adapter.ts";
import { assertAdapterFitsBase } from "./fit.ts";
import { ADAPTER_PAIRS, type RawTensor, rawAdapter, rawGguf, strPair } from "./raw-gguf.test.support.ts";

const fixture = (name: string) =>
  bytesSource(
    new Uint8Array(
      readFileSync(new URL(`../../../../../test/fixtures/tiny-say/v1/${name}`, import.meta.url)),
    ),
  );

const BASE = {
  architecture: "llama",
  tiedEmbedding: false,
  tensors: {
    "token_embd.weight": [64, 259],
    "output.weight": [64, 259],
    "blk.0.attn_q.weight": [64, 96],
    "blk.0.attn_norm.weight": [64],
    "blk.0.ffn_up_exps.weight": [64, 32, 8],
    "blk.0.ffn_gate_inp_shexp.weight": [64],
  },
};
const TIED = { ...BASE, tiedEmbedding: true, tensors: { "token_embd.weight": [64, 259] } };

const adapterOf = (base: string, a: number[], b: number[]) => {
  const tensors: RawTensor[] = [
    { name: `${base}.lora_a`, dims: a },
    { name: `${base}.lora_b`, dims: b },
  ];
  return readAdapter(bytesSource(rawGguf(rawAdapter({ tensors }))));
};

/** The error of an adapter that does not fit; undefined where it fits. */
async function misfit(
  base: string,
  a: number[],
  b: number[],
  record: Parameters<typeof assertAdapterFitsBase>[1] = BASE,
) {
  const adapter = await adapterOf(base, a, b);
  try {
    assertAdapterFitsBase(adapter, record);
    return undefined;
  } catch (error) {
    if (error instanceof LoraError) return error;
    throw error;
  }
}

describe("assertAdapterFitsBase", () => {
  it("takes tiny-say's abilities on tiny-say", async () => {
    const { record } = await fingerprintBase(fixture("base-q4_0.gguf"));
    for (const name of ["upper", "shout", "rot13"])
      assertAdapterFitsBase(await readAdapter(fixture(`${name}.gguf`)), record);
  });

  it.each<[string, string, number[], number[]]>([
    ["a matrix", "blk.0.attn_q.weight", [64, 4], [4, 96]],
    ["the output", "output.weight", [64, 4], [4, 259]],
    ["the flipped token embedding", "token_embd.weight", [4, 259], [4, 64]],
    ["all experts", "blk.0.ffn_up_exps.weight", [64, 4, 8], [4, 32, 8]],
    ["a matrix of one row, which files have as a vector", "blk.0.ffn_gate_inp_shexp.weight", [64, 4], [4, 1]],
  ])("takes %s", async (_what, base, a, b) => {
    expect(await misfit(base, a, b)).toBeUndefined();
  });

  it.each<[string, string, number[], number[]]>([
    ["other inputs", "blk.0.attn_q.weight", [65, 4], [4, 96]],
    ["other outputs", "blk.0.attn_q.weight", [64, 4], [4, 95]],
    ["inputs and outputs swapped", "blk.0.attn_q.weight", [96, 4], [4, 64]],
    ["a smaller number of experts", "blk.0.ffn_up_exps.weight", [64, 4, 7], [4, 32, 7]],
    ["a larger number of experts", "blk.0.ffn_up_exps.weight", [64, 4, 9], [4, 32, 9]],
    ["one matrix for all experts", "blk.0.ffn_up_exps.weight", [64, 4], [4, 32]],
    ["experts where there are none", "blk.0.attn_q.weight", [64, 4, 2], [4, 96, 2]],
    ["a token embedding that is not flipped", "token_embd.weight", [4, 64], [4, 259]],
  ])("refuses %s, with the tensor and both shapes", async (_what, base, a, b) => {
    const error = await misfit(base, a, b);
    expect(error?.code).toBe("BASE_UNFIT");
    expect(error?.message).toContain(base);
    const dims = BASE.tensors[base as keyof typeof BASE.tensors];
    expect(error?.message).toContain(`[${dims.join(", ")}]`);
    expect(error?.message).toContain(`lora_a [${a.join(", ")}], lora_b [${b.join(", ")}]`);
    expect(error?.details).toEqual({ tensor: base, base: dims, loraA: a, loraB: b });
  });

  it.each(["blk.1.attn_q.weight", "constructor.weight", "output_b.weight"])(
    "refuses a tensor that the base has not: %s",
    async (base) => {
      const error = await misfit(base, [64, 4], [4, 96]);
      expect(error).toMatchObject({ code: "BASE_UNFIT", message: `The base has no tensor "${base}"` });
    },
  );

  it("refuses the embedding and the output of a base that has one tensor for both", async () => {
    expect(await misfit("token_embd.weight", [4, 259], [4, 64], TIED)).toMatchObject({
      code: "BASE_UNFIT",
      message: expect.stringContaining("also uses as its output"),
    });
    expect(await misfit("output.weight", [64, 4], [4, 259], TIED)).toMatchObject({
      code: "BASE_UNFIT",
      message: 'The base has no tensor "output.weight": its output is the token embedding',
    });
  });

  it("refuses another architecture", async () => {
    const pairs = ADAPTER_PAIRS.toSpliced(0, 1, strPair("general.architecture", "qwen2"));
    const adapter = await readAdapter(bytesSource(rawGguf(rawAdapter({ pairs }))));
    expect(() => assertAdapterFitsBase(adapter, BASE)).toThrow(
      expect.objectContaining({
        code: "BASE_UNFIT",
        message: 'The adapter is for the architecture "qwen2", the base has "llama"',
      }),
    );
  });
});
