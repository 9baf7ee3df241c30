// SPDX-License-Identifier: Apache-2.0
/**
 * What a registry calls itself: scheme, host and port, as a browser writes an origin. It is signed into every release
 * that is published here, so it is settled by the first start and then stays: `https://lora.example`.
 */
import { LoraError } from "@lora/client/errors";
import { type Database, settleSetting } from "./database/index.ts";

/** Addresses that mean "every address", so that nobody can call at them. */
const WILDCARDS = new Set(["0.0.0.0", "::", "[::]", ""]);

/** @throws LoraError USAGE */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.origin === text) return text;
  throw new LoraError("USAGE", `${JSON.stringify(text)} is not an origin`, {
    hint: "write scheme, host and port, without a slash at the end, such as https://lora.example",
  });
}

/** For a first start. @throws LoraError USAGE when nothing says what clients will call the registry */
export function assertOriginKnown(origin: string | undefined, host: string): void {
  if (origin !== undefined || !WILDCARDS.has(host)) return;
  throw new LoraError("USAGE", `with --host ${host} the registry cannot guess what clients call it`, {
    hint: "say it with --origin, such as --origin https://lora.example",
  });
}

/**
 * @param given what the operator asks for, if anything
 * @param fallback for a first start without that
 * @throws LoraError USAGE when another origin was settled before
 */
export async function settleOrigin(
  db: Database,
  given: string | undefined,
  fallback: string,
): Promise<string> {
  const wanted = given === undefined ? undefined : parseOrigin(given);
  const settled = await settleSetting(db, "origin", wanted ?? fallback);
  if (wanted === undefined || wanted === settled) return settled;
  throw new LoraError(
    "USAGE",
    `this registry calls itself ${settled}, not ${wanted}: its releases are signed for that`,
    {
      hint: `leave --origin away, or start with another --data`,
      details: { settled, wanted },
    },
  );
}
