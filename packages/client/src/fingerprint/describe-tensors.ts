// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "./base-record.ts";

/** What the shapes of a base's tensors say of it: the rest of a record that follows from `tensors`. */
export function describeTensors(
  tensors: BaseRecord["tensors"],
): Pick<BaseRecord, "tiedEmbedding" | "fusedQkv" | "vocabularySize" | "experts"> {
  const names = Object.keys(tensors);
  const embedding = Object.hasOwn(tensors, "token_embd.weight") ? tensors["token_embd.weight"] : undefined;
  const experts = names
    .filter((name) => name.endsWith("_exps.weight"))
    .map((name) => tensors[name]?.[2] ?? 1);
  return {
    tiedEmbedding: embedding !== undefined && !Object.hasOwn(tensors, "output.weight"),
    fusedQkv: names.some((name) => name.endsWith(".attn_qkv.weight")),
    vocabularySize: embedding === undefined ? 0 : (embedding[1] ?? 1),
    ...(experts.length === 0 ? {} : { experts: experts.reduce((most, n) => Math.max(most, n), 1) }),
  };
}
