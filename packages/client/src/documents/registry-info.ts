// SPDX-License-Identifier: Apache-2.0
/**
 * `/registry.json`: what a registry calls itself. The origin is signed into every release, so a mirror serves the
 * document of the registry that it mirrors, whatever its own address is.
 *
 *     {"v":1,"origin":"https://lora.example","logKey":"lora.example/log+e3e305df+ARpc…",
 *      "clockKey":"lora.example/clock+50e78f77+BIE5…"}
 */
import { z } from "zod";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { lineSchema } from "./fields.ts";

export const registryInfoSchema = z.object({
  v: z.literal(1),
  /** People see it. */
  origin: lineSchema(300).min(1),
  /** C2SP verifier key of the registry's transparency log. */
  logKey: lineSchema(1024).optional(),
  /** Of the clock that cosigns the log's checkpoints again and again. */
  clockKey: lineSchema(1024).optional(),
});
export type RegistryInfo = z.output<typeof registryInfoSchema>;

/** @throws LoraError REGISTRY_PROTOCOL */
export function parseRegistryInfo(text: string | Uint8Array, source: string): RegistryInfo {
  return parseWith(registryInfoSchema, parseStrictJson(text, source), { code: "REGISTRY_PROTOCOL", source });
}
