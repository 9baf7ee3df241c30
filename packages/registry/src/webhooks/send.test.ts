// SPDX-License-Identifier: Apache-2.0
import type { lookup } from "node:dns";
import { afterEach, describe, expect, it } from "vitest";
import { assertSigned, type Behaviour, type Receiver, startReceiver } from "../test/receiver.ts";
import { isPublicAddress } from "./public-address.ts";
import { parseReceiverUrl } from "./receiver-url.ts";
import { waitAfter } from "./retry.ts";
import { type SendOptions, sendMessage } from "./send.ts";
import { generateSecret, signMessage } from "./signature.ts";

const secret = generateSecret();
const message = { id: "msg_1", body: '{"type":"webhook.test"}' };
const own: SendOptions = { isPrivateAllowed: true, timeLimitMs: 10_000 };
const strangers: SendOptions = { ...own, isPrivateAllowed: false };

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});
async function receive(behaviour: Behaviour = 204) {
  receiver = await startReceiver(() => behaviour);
  return { url: receiver.url, secret };
}

describe("one attempt", () => {
  it("is signed so that the specification's library verifies it, and by no other secret", async () => {
    const hook = await receive(200);
    expect(await sendMessage(hook, message, own)).toEqual({
      isDelivered: true,
      status: 200,
      text: "answered 200",
    });
    const [received] = receiver?.received ?? [];
    if (received === undefined) throw new Error("nothing came");
    expect(received.body).toBe(message.body);
    expect(received.headers["content-type"]).toBe("application/json");
    assertSigned(received, secret);
    expect(() => assertSigned(received, generateSecret())).toThrow();
    expect(() => assertSigned({ ...received, body: `${received.body} ` }, secret)).toThrow();
  });

  it("has the signature that another program computes", () => {
    // openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64
    const signed = signMessage(
      { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' },
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      new Date(1_614_265_330_999),
    );
    expect(signed).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it.each<[Behaviour, string]>([
    [500, "answered 500"],
    [404, "answered 404"],
    ["redirect", "answered 302: redirects are not followed"],
    ["close", "no answer: ECONNRESET"],
  ])("that is answered with %s has failed", async (behaviour, text) => {
    expect(await sendMessage(await receive(behaviour), message, own)).toMatchObject({
      isDelivered: false,
      text,
    });
    expect(receiver?.received).toHaveLength(1);
  });

  it("does not wait for ever", async () => {
    const outcome = await sendMessage(await receive("hang"), message, { ...own, timeLimitMs: 200 });
    expect(outcome).toEqual({ isDelivered: false, text: "no answer within 0.2 s" });
  });

  it("takes an answer's status, however long its body is", async () => {
    expect(await sendMessage(await receive("endless"), message, own)).toMatchObject({ status: 200 });
  });

  it("of nobody who listens says so", async () => {
    const hook = await receive();
    await receiver?.close();
    receiver = undefined;
    expect((await sendMessage(hook, message, own)).text).toBe("no answer: ECONNREFUSED");
  });
});

describe("without the operator's word, nothing is sent", () => {
  it.each([
    ["https://127.0.0.1:1/", "not sent: 127.0.0.1 is not a public address"],
    ["https://[::1]:1/", "not sent: ::1 is not a public address"],
    ["https://localhost:1/", /^not sent: (?:127\.0\.0\.1|::1) is not a public address$/],
    ["http://example.org/", "not sent: the address is not https"],
  ])("to %s", async (url, text) => {
    const outcome = await sendMessage({ url, secret }, message, strangers);
    expect(outcome).toEqual({
      isDelivered: false,
      text: typeof text === "string" ? text : expect.stringMatching(text),
    });
  });

  it("to a name one of whose addresses is private", async () => {
    const outcome = await sendMessage({ url: "https://two.example:1/", secret }, message, {
      ...strangers,
      lookup: answering([["93.184.215.14", "10.1.2.3"]]),
    });
    expect(outcome.text).toBe("not sent: 10.1.2.3 is not a public address");
  });
});

it("connects to the address that was looked at: a name that changes behind it leads nowhere else", async () => {
  const hook = await receive(200);
  const { port } = new URL(hook.url);
  const lookups = answering([["127.0.0.1"], ["192.0.2.1"]]);
  const url = `http://rebinding.example:${port}/`;
  expect(await sendMessage({ url, secret }, message, { ...own, lookup: lookups })).toMatchObject({
    status: 200,
  });
  expect(lookups.count()).toBe(1);
});

/** A name server that gives another answer each time. */
function answering(answers: readonly string[][]) {
  let count = 0;
  const fake = (_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
    const addresses = answers[count] ?? [];
    count += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  return Object.assign(fake as unknown as typeof lookup, { count: () => count });
}

it.each([
  ["93.184.215.14", true],
  ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", true],
  ["::ffff:93.184.215.14", true],
  ["0.0.0.0", false],
  ["10.255.255.255", false],
  ["100.64.0.1", false],
  ["127.8.8.8", false],
  ["169.254.169.254", false],
  ["172.16.0.1", false],
  ["172.31.255.255", false],
  ["172.32.0.1", true],
  ["192.168.1.1", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["::", false],
  ["::1", false],
  ["::ffff:10.0.0.1", false],
  ["::ffff:a00:1", false],
  ["fe80::1", false],
  ["fe80::1%lo", false],
  ["fc00::1", false],
  ["ff02::1", false],
  ["64:ff9b::a00:1", false],
  ["2002:a00:1::1", false],
  ["2001:db8::1", false],
  ["example.org", false],
  ["", false],
])("the address %s is public: %s", (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

describe("the address of a webhook", () => {
  it("comes back as it is sent to", () => {
    expect(parseReceiverUrl("https://EXAMPLE.org/a b?c=d#e", false)).toBe("https://example.org/a%20b?c=d");
    expect(parseReceiverUrl("http://10.0.0.1/", true)).toBe("http://10.0.0.1/");
  });

  it.each([
    "",
    "example.org",
    "ftp://example.org/",
    "http://example.org/",
    "https://",
    "https://me:secret@example.org/",
    "https://10.0.0.1/",
    // Loopback, in other words.
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::ffff:127.0.0.1]/",
    `https://example.org/${"x".repeat(2000)}`,
  ])("may not be %s", (url) => {
    expect(() => parseReceiverUrl(url, false)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

describe("what failed", () => {
  const HOUR = 3_600_000;
  it("is tried again, soon and then more seldom", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => (waitAfter(attempts, 0, 0.5) ?? 0) / 1000);
    expect(waits).toEqual([5, 30, 120, 600, 3600, 10_800, 21_600, 21_600]);
  });

  it("comes back at another moment than what failed with it", () => {
    expect([waitAfter(1, 0, 0), waitAfter(1, 0, 0.999_999)]).toEqual([4000, 6000]);
  });

  it("is given up after a day", () => {
    let age = 0;
    let attempts = 0;
    for (let wait: number | undefined = 0; wait !== undefined; wait = waitAfter(attempts, age)) {
      age += wait;
      attempts += 1;
    }
    expect(attempts).toBeGreaterThanOrEqual(9);
    expect(age).toBeLessThanOrEqual(24 * HOUR);
    expect(age).toBeGreaterThan(14 * HOUR);
  });
});
