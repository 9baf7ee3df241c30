// SPDX-License-Identifier: Apache-2.0
/**
 * Messages as the Standard Webhooks specification (1.0.0, symmetric signatures) has them, so that receivers verify them with
 * its libraries.
 *
 *     secret            = "whsec_" base64(key)          a key of 32 bytes
 *     webhook-id        = "msg_" …                      has no "."
 *     webhook-timestamp = POSIX seconds of the attempt
 *     webhook-signature = "v1," base64(HMAC-SHA256(key, webhook-id "." webhook-timestamp "." body))
 */
import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";
const KEY_BYTES = 32;

export interface Message {
  id: string;
  /** JSON. */
  body: string;
}

export function generateSecret(): string {
  return `${PREFIX}${randomBytes(KEY_BYTES).toString("base64")}`;
}

/** @param secret as `generateSecret` makes them */
export function signMessage({ id, body }: Message, secret: string, at: Date): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
