// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { testSeed } from "./memory-log.test.support.ts";
import { formatVerifierKey, signerKey } from "./note-key.ts";
import { MAX_POLICY_BYTES, MAX_POLICY_WITNESSES, parsePolicy } from "./parse-policy.ts";
import { formatPolicy, isQuorum } from "./policy.ts";

const LOG = "lora.example/log+e3e305df+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const witnessKeys: string[] = [];
let log2: string;

beforeAll(async () => {
  for (let i = 0; i <= MAX_POLICY_WITNESSES; i += 1)
    witnessKeys.push(formatVerifierKey(await signerKey(`w${i}.example`, "cosignature/v1", testSeed(i))));
  log2 = formatVerifierKey(await signerKey("second.example", "ed25519", testSeed(1)));
});

/** `W1` stands for the key of witness 1, and so on; `LOG` and `LOG2` for those of logs. */
const fill = (text: string) =>
  text
    .replace(/\bLOG2\b/g, log2)
    .replace(/\bLOG\b/g, LOG)
    .replace(/\bW(\d+)\b/g, (_all, i: string) => witnessKeys[Number(i)] as string);
const parse = (text: string) => parsePolicy(fill(text));

describe("a policy file", () => {
  const TWO_LEVELS = `# two operators
log LOG https://lora.example/log/

witness X1 W1
witness X2 W2 https://w2.example/
witness X3 W3
group X-witnesses 2 X1 X2 X3

witness Y1 W4
witness Y2 W5
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

  it("says whose cosignatures are enough", () => {
    const policy = parse(TWO_LEVELS);
    const cosigned = (...names: string[]) =>
      isQuorum(policy.quorum, new Set(policy.witnesses.filter(({ name }) => names.includes(name))));
    expect(cosigned("X1", "X2", "Y1")).toBe(true);
    expect(cosigned("X1", "X3", "Y2")).toBe(true);
    expect(cosigned("X1", "X2", "X3", "Y1", "Y2")).toBe(true);
    expect(cosigned("X1", "Y1", "Y2")).toBe(false);
    expect(cosigned("X1", "X2", "X3")).toBe(false);
    expect(cosigned()).toBe(false);
  });

  it("names logs and witnesses with their addresses", () => {
    const policy = parse(TWO_LEVELS);
    expect(policy.logs.map(({ key, url }) => [key.name, url])).toEqual([
      ["lora.example/log", "https://lora.example/log/"],
    ]);
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ["X1", undefined],
      ["X2", "https://w2.example/"],
      ["X3", undefined],
      ["Y1", undefined],
      ["Y2", undefined],
    ]);
  });

  it("is written so that it reads the same", () => {
    const policy = parse(TWO_LEVELS);
    const written = formatPolicy(policy);
    expect(parsePolicy(written)).toEqual(policy);
    expect(formatPolicy(parsePolicy(written))).toBe(written);
    expect(formatPolicy(parse("log LOG\nquorum none\n"))).toBe(`log ${LOG}\nquorum none\n`);
  });

  it("may be spread with spaces, tabs, empty lines and comments", () => {
    const spread = `\n\t # logs\n  log \t LOG  \n#\nwitness\tall\tW1\t\n \nquorum  all`;
    expect(formatPolicy(parse(spread))).toBe(fill("log LOG\nwitness all W1\nquorum all\n"));
  });

  it.each([
    ["quorum none", []],
    ["witness a W1\nquorum a", ["a"]],
    ["witness a W1\nwitness b W2\ngroup g 1 a b\nquorum g", ["b"]],
    ["witness a W1\nwitness b W2\ngroup g all a b\nquorum g", ["a", "b"]],
    ["witness a W1\nquorum a\nwitness b W2", ["a"]],
    ["witness constructor W1\ngroup toString any constructor\nquorum toString", ["constructor"]],
  ])("%j takes %j", (text, names) => {
    const { quorum, witnesses } = parse(text);
    const cosigned = witnesses.filter(({ name }) => names.includes(name));
    expect(isQuorum(quorum, new Set(cosigned))).toBe(true);
    if (names.length > 0) expect(isQuorum(quorum, new Set(cosigned.slice(1)))).toBe(false);
  });

  it.each([
    ["no quorum", "log LOG\n", /no quorum/],
    ["two quorums", "quorum none\nquorum none\n", /line 2 is a second quorum/],
    ["a quorum that is not defined", "quorum unknown\n", /line 1 names "unknown"/],
    ["a quorum that is defined below", "quorum a\nwitness a W1\n", /line 1 names "a"/],
    ["a quorum of two names", "witness a W1\nquorum a a\n", /line 2 is not of the form/],
    ["a name twice", "witness a W1\nwitness a W2\nquorum a\n", /line 2 defines "a"/],
    ["a group with a witness's name", "witness a W1\ngroup a any a\nquorum a\n", /line 2 defines "a"/],
    ["a witness called none", "witness none W1\nquorum none\n", /line 1 defines "none"/],
    ["a group called none", "witness a W1\ngroup none any a\nquorum none\n", /defines "none"/],
    ["none as a member", "group g any none\nquorum g\n", /names "none"/],
    ["a member that is not defined", "group g any a\nquorum g\n", /names "a"/],
    ["a group in itself", "group g any g\nquorum g\n", /names "g"/],
    ["a member twice", "witness a W1\ngroup g any a a\nquorum g\n", /"a", which is in a group/],
    [
      "a member of two groups",
      "witness a W1\ngroup g any a\ngroup h any a\nquorum g\n",
      /line 3 names "a", which is in a group/,
    ],
    ["an empty group", "group g any\nquorum g\n", /not of the form: group/],
    ["a threshold of none", "witness a W1\ngroup g 0 a\nquorum g\n", /asks for "0" of 1/],
    ["a threshold above all", "witness a W1\ngroup g 2 a\nquorum g\n", /asks for "2" of 1/],
    ["a negative threshold", "witness a W1\ngroup g -1 a\nquorum g\n", /asks for "-1"/],
    ["a threshold with a zero in front", "witness a W1\ngroup g 01 a\nquorum g\n", /asks for "01"/],
    ["a threshold in hex", "witness a W1\ngroup g 0x1 a\nquorum g\n", /asks for "0x1"/],
    ["a witness without a key", "witness a\nquorum a\n", /not of the form: witness/],
    ["a log without a key", "log\nquorum none\n", /not of the form: log/],
    ["a comment behind a statement", "log LOG https://x.example # main\nquorum none\n", /not of the form/],
    ["a statement that is unknown", "monitor LOG\nquorum none\n", /starts with "monitor"/],
    ["a statement of another object", "toString LOG\nquorum none\n", /starts with "toString"/],
    ["a statement in capitals", "LOG\nquorum none\n", /starts with/],
    ["a cosigner's key for a log", "log W1\nquorum none\n", /needs a key of kind ed25519/],
    ["a log's key for a witness", "witness a LOG\nquorum a\n", /needs a key of kind cosignature\/v1/],
    ["a key that is damaged", `log ${LOG.replace("e3e305df", "e3e305de")}\nquorum none\n`, /line 1 is wrong/],
    ["a log twice", "log LOG\nlog LOG\nquorum none\n", /line 2 repeats the key/],
    ["a carriage return", "quorum none\r\n", /line 1 has a control character/],
    ["a form feed", "log LOG\n\fquorum none\n", /line 2 has a control character/],
    ["a wide space for a space", "quorum\u2003none\n", /starts with/],
    ["a byte order mark", "\ufeffquorum none\n", /starts with/],
    ["too many bytes", `#${"a".repeat(MAX_POLICY_BYTES)}\nquorum none\n`, /larger than/],
  ])("is refused with %s", (_what, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "LOG_POLICY_INVALID", message: expect.stringMatching(message) }),
    );
  });

  it("is refused when one signer stands under two names", async () => {
    const again = formatVerifierKey(await signerKey("other.example", "cosignature/v1", testSeed(1)));
    expect(() => parse(`witness a W1\nwitness b ${again}\nquorum none\n`)).toThrow(/line 2 repeats the key/);
    // A log's key may be a witness's too: they are counted apart.
    expect(parse("log LOG2\nwitness a W1\nquorum a\n").logs).toHaveLength(1);
  });

  it("may name 64 witnesses, and not one more", () => {
    const lines = (count: number) =>
      `${Array.from({ length: count }, (_, i) => `witness w${i} W${i}`).join("\n")}\nquorum none\n`;
    expect(parse(lines(64)).witnesses).toHaveLength(64);
    expect(() => parse(lines(65))).toThrow(/beyond 64 witnesses/);
  });

  it("compares names as bytes, whatever they are in", () => {
    const octets = (text: string) => Uint8Array.from(fill(text), (character) => character.charCodeAt(0));
    expect(parsePolicy(octets("witness \xff W1\ngroup g any \xff\nquorum g\n")).witnesses).toHaveLength(1);
    expect(() => parsePolicy(octets("witness \xff W1\ngroup g any \xfe\nquorum g\n"))).toThrow(LoraError);
    const kelvin = new TextEncoder().encode(fill("witness \u212a W1\nquorum K\n"));
    expect(() => parsePolicy(kelvin)).toThrow(/names "K"/);
    expect(parsePolicy(new TextEncoder().encode(fill("witness é W1\nquorum é\n"))).quorum).toMatchObject({
      name: "é",
    });
  });

  it("throws nothing but LoraErrors for random bytes and shuffled lines", () => {
    const word = fc.constantFrom(
      "log",
      "witness",
      "group",
      "quorum",
      "none",
      "any",
      "2",
      "a",
      "b",
      LOG,
      "#",
      "\t",
    );
    const shuffled = fc
      .array(fc.array(word, { maxLength: 6 }), { maxLength: 6 })
      .map((lines) => new TextEncoder().encode(lines.map((line) => line.join(" ")).join("\n")));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), shuffled), (bytes) => {
        try {
          const policy = parsePolicy(bytes);
          expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
        } catch (error) {
          expect(error).toBeInstanceOf(LoraError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
