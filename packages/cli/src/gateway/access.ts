// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from "node:crypto";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a request to the loopback comes from this machine's own programs. A web page can make a browser send it one:
 * under a name of its own that resolves to 127.0.0.1 (Host), or from its own address (Origin).
 */
export function isOwnHost(host: string | undefined, origin: string | undefined): boolean {
  const from = origin === undefined || origin === "null" ? undefined : origin.replace(/^[a-z+.-]+:\/\//i, "");
  return host !== undefined && LOOPBACK.test(host) && (from === undefined || LOOPBACK.test(from));
}

export function isAuthorized(header: string | undefined, apiKey: string | undefined): boolean {
  if (apiKey === undefined) return true;
  const given = /^Bearer (?<key>.+)$/i.exec(header ?? "")?.groups?.key ?? "";
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(apiKey));
}
