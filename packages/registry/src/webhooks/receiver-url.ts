// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { LoraError } from "@lora/client/errors";
import { isPublicAddress } from "./public-address.ts";

const MAX_URL_LENGTH = 2000;

/**
 * Where a webhook goes. Whether a host's name leads to a public address is asked when something is sent, of the very
 * address that is connected to: here it could be one and then another.
 * @param isPrivateAllowed http, and addresses that are not public
 * @returns in ASCII, without a fragment
 * @throws LoraError USAGE
 */
export function parseReceiverUrl(text: string, isPrivateAllowed: boolean): string {
  const url = text.length <= MAX_URL_LENGTH ? URL.parse(text) : null;
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    throw usage(`a webhook goes to an https address of at most ${MAX_URL_LENGTH} characters`);
  }
  if (url.username !== "" || url.password !== "") {
    throw usage("the address of a webhook holds no name and password: lists of webhooks show it");
  }
  url.hash = "";
  if (isPrivateAllowed) return url.href;
  const hint =
    "where a receiver of your own network is meant, set LORA_WEBHOOKS_PRIVATE=1, also where the registry is served";
  if (url.protocol !== "https:") throw usage("a webhook goes to an https address", hint);
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw usage(`${host} is not a public address`, hint);
  return url.href;
}

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function usage(message: string, hint?: string): LoraError {
  return new LoraError("USAGE", message, hint === undefined ? {} : { hint });
}
