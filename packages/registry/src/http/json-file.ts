// SPDX-License-Identifier: Apache-2.0
import { notFound } from "./errors.ts";

/** `upper.json` → `upper`. @throws LoraError NOT_FOUND for any other ending */
export function stemOfJson(file: string): string {
  if (file.endsWith(".json")) return file.slice(0, -".json".length);
  throw notFound(`there is nothing called ${JSON.stringify(file.slice(0, 80))} here; did you mean ….json?`);
}
