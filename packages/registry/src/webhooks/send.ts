// SPDX-License-Identifier: Apache-2.0
/**
 * One attempt. The receiver is named by whoever may manage webhooks and answers what it likes: the address is checked where
 * it is connected to, no redirect is followed, and neither time nor bytes are without a limit.
 */
import { lookup as systemLookup } from "node:dns";
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { VERSION } from "../version.ts";
import { isPublicAddress } from "./public-address.ts";
import { hostOf } from "./receiver-url.ts";
import { type Message, signMessage } from "./signature.ts";

export interface SendOptions {
  /** Addresses that are not public, and http. */
  isPrivateAllowed: boolean;
  timeLimitMs: number;
  /** Ends the attempt. */
  signal?: AbortSignal | undefined;
  /** How names are looked up. */
  lookup?: typeof systemLookup | undefined;
}

/** `status` where there was an answer. */
export interface SendOutcome {
  isDelivered: boolean;
  status?: number;
  /** For the operator: what came of it. */
  text: string;
}

/** What is read of an answer, so that its sender is done; it says nothing that counts. */
const MAX_ANSWER_BYTES = 1024;

/** Never rejects. */
export async function sendMessage(
  { url: address, secret }: { url: string; secret: string },
  message: Message,
  options: SendOptions,
): Promise<SendOutcome> {
  const url = new URL(address);
  const host = hostOf(url);
  const { isPrivateAllowed, signal } = options;
  if (!isPrivateAllowed && url.protocol !== "https:") return failure("not sent: the address is not https");
  if (!isPrivateAllowed && isIP(host) !== 0 && !isPublicAddress(host)) return failure(refusal(host));
  const limit = AbortSignal.timeout(options.timeLimitMs);
  const body = Buffer.from(message.body);
  const requestOptions: RequestOptions = {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-length": body.length,
      "user-agent": `lora-registry/${VERSION}`,
      ...signMessage(message, secret, new Date()),
    },
    // A connection for itself, through no proxy of the environment: a proxy would look the name up anew.
    agent: false,
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    lookup: checkedLookup(options),
  };
  try {
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const status = await answerOf(start(url, requestOptions), body);
    return { isDelivered: status >= 200 && status < 300, status, text: textOf(status) };
  } catch (error) {
    if (limit.aborted) return failure(`no answer within ${options.timeLimitMs / 1000} s`);
    return failure(describe(error));
  }
}

/** Whoever connects gets exactly the addresses that were looked at: a name that changes meanwhile leads nowhere else. */
function checkedLookup({ isPrivateAllowed, lookup = systemLookup }: SendOptions): LookupFunction {
  return (hostname, { all, ...options }, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const refused = addresses.find(({ address }) => !isPrivateAllowed && !isPublicAddress(address));
      const [first] = addresses;
      if (refused !== undefined) callback(new RefusedAddress(refusal(refused.address)), "", 0);
      else if (first === undefined) callback(new Error("no address"), "", 0);
      else if (all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

class RefusedAddress extends Error {}

/** Once the status is there, the rest is not waited for longer than the limit, and its end changes nothing. */
function answerOf(sent: ClientRequest, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (answer: IncomingMessage) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) answer.destroy();
      });
      answer.on("error", () => {});
      answer.on("close", () => resolve(answer.statusCode ?? 0));
    });
    sent.end(body);
  });
}

function textOf(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

function refusal(address: string): string {
  return `not sent: ${address} is not a public address`;
}

function failure(text: string): SendOutcome {
  return { isDelivered: false, text };
}

/** By its code: the text of an error may hold what a receiver wrote. */
function describe(error: unknown): string {
  if (error instanceof RefusedAddress) return error.message;
  // One attempt on each of the host's addresses.
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const code = first instanceof Error && "code" in first ? String(first.code) : "";
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? `no answer: ${code}` : "no answer";
}
