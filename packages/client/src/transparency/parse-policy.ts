// SPDX-License-Identifier: Apache-2.0
/** Reading the policy files whose grammar policy.ts describes. */
import { LoraError, type LoraErrorOptions } from "../errors.ts";
import { quote } from "../names.ts";
import { formatVerifierKey, type NoteKeyKind, parseVerifierKey, type VerifierKey } from "./note-key.ts";
import type { Policy, PolicyGroup, PolicyLog, PolicyMember, PolicyWitness } from "./policy.ts";

export const MAX_POLICY_BYTES = 64 * 1024;
/** The source asks for at least 32 of each. */
export const MAX_POLICY_LOGS = 64;
export const MAX_POLICY_WITNESSES = 64;
export const MAX_POLICY_GROUPS = 64;

/** What the lines so far define. */
interface Definitions {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  groups: PolicyGroup[];
  members: Map<string, PolicyMember>;
  /** Names that are in a group: each counts in one way only. */
  grouped: Set<string>;
  quorum?: Policy["quorum"];
}

interface Statement {
  items: string[];
  fail: (what: string) => LoraError;
}

/** @throws LoraError LOG_POLICY_INVALID with the line */
export function parsePolicy(input: string | Uint8Array): Policy {
  const so: Definitions = { logs: [], witnesses: [], groups: [], members: new Map(), grouped: new Set() };
  for (const statement of statementsOf(input)) {
    const [keyword = "", ...items] = statement.items;
    const define = Object.hasOwn(STATEMENTS, keyword) ? STATEMENTS[keyword] : undefined;
    if (define === undefined)
      throw statement.fail(`starts with ${quote(keyword)}, not with log, witness, group or quorum`);
    define({ ...statement, items }, so);
  }
  const { logs, witnesses, groups, quorum } = so;
  if (quorum === undefined)
    throw invalid("has no quorum line", { hint: "write `quorum none` if no cosignatures are wanted" });
  return { logs, witnesses, groups, quorum };
}

const STATEMENTS: Record<string, (statement: Statement, so: Definitions) => void> = {
  log({ items: [vkey, url, ...more], fail }, { logs }) {
    if (vkey === undefined || more.length > 0) throw fail("is not of the form: log <vkey> [<url>]");
    if (logs.length === MAX_POLICY_LOGS) throw fail(`is beyond ${MAX_POLICY_LOGS} logs`);
    const key = parseKey(vkey, "ed25519", logs, fail);
    logs.push(url === undefined ? { key } : { key, url });
  },

  witness({ items: [name, vkey, url, ...more], fail }, so) {
    if (name === undefined || vkey === undefined || more.length > 0)
      throw fail("is not of the form: witness <name> <vkey> [<url>]");
    if (so.witnesses.length === MAX_POLICY_WITNESSES)
      throw fail(`is beyond ${MAX_POLICY_WITNESSES} witnesses`);
    const key = parseKey(vkey, "cosignature/v1", so.witnesses, fail);
    const witness: PolicyWitness = { kind: "witness", name, key, ...(url === undefined ? {} : { url }) };
    defineMember(witness, so, fail);
    so.witnesses.push(witness);
  },

  group({ items: [name, count, ...names], fail }, so) {
    if (name === undefined || count === undefined || names.length === 0)
      throw fail("is not of the form: group <name> all|any|<k> <member>…");
    if (so.groups.length === MAX_POLICY_GROUPS) throw fail(`is beyond ${MAX_POLICY_GROUPS} groups`);
    const members = names.map((memberName) => {
      const member = so.members.get(memberName);
      if (member === undefined) throw fail(`names ${quote(memberName)}, which no line above defines`);
      if (so.grouped.has(memberName)) throw fail(`names ${quote(memberName)}, which is in a group already`);
      so.grouped.add(memberName);
      return member;
    });
    const threshold = parseThreshold(count, members.length, fail);
    const group: PolicyGroup = { kind: "group", name, threshold, members };
    defineMember(group, so, fail);
    so.groups.push(group);
  },

  quorum({ items: [name, ...more], fail }, so) {
    if (name === undefined || more.length > 0) throw fail("is not of the form: quorum <name>|none");
    if (so.quorum !== undefined) throw fail("is a second quorum");
    const quorum = name === "none" ? name : so.members.get(name);
    if (quorum === undefined) throw fail(`names ${quote(name)}, which no line above defines`);
    so.quorum = quorum;
  },
};

function* statementsOf(input: string | Uint8Array): Generator<Statement> {
  for (const [i, line] of decodePolicy(input).split("\n").entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item !== "");
    if (items.length === 0 || items[0]?.startsWith("#")) continue;
    yield { items, fail: (what) => invalid(`line ${i + 1} ${what}`, { details: { line: i + 1 } }) };
  }
}

/** Octets that are no UTF-8 stay apart from each other as Latin-1: a name is compared, never understood. */
function decodePolicy(input: string | Uint8Array): string {
  if (input.length > MAX_POLICY_BYTES) throw invalid(`is larger than ${MAX_POLICY_BYTES} bytes`);
  const text = typeof input === "string" ? input : decodeOctets(input);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const control = /[\x00-\x08\x0b-\x1f\x7f]/.exec(text);
  if (control !== null) {
    const line = text.slice(0, control.index).split("\n").length;
    throw invalid(
      `line ${line} has a control character`,
      control[0] === "\r" ? { hint: "save the file with Unix line ends" } : {},
    );
  }
  return text;
}

function decodeOctets(octets: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return Array.from(octets, (octet) => String.fromCharCode(octet)).join("");
  }
}

function parseKey(
  vkey: string,
  kind: NoteKeyKind,
  others: readonly { key: VerifierKey }[],
  fail: Statement["fail"],
): VerifierKey {
  const key = parseKeyOrFail(vkey, fail);
  if (key.kind !== kind) throw fail(`needs a key of kind ${kind}, and this one is of kind ${key.kind}`);
  // Under two names one signer would count as two.
  const twin = others.find((other) => other.key.publicKey.every((byte, i) => byte === key.publicKey[i]));
  if (twin !== undefined) throw fail(`repeats the key of ${quote(formatVerifierKey(twin.key))}`);
  return key;
}

function parseKeyOrFail(vkey: string, fail: Statement["fail"]): VerifierKey {
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (error instanceof LoraError) throw fail(`is wrong: ${error.message}`);
    throw error;
  }
}

function defineMember(member: PolicyMember, so: Definitions, fail: Statement["fail"]): void {
  if (member.name === "none" || so.members.has(member.name))
    throw fail(`defines ${quote(member.name)}, a name that is taken`);
  so.members.set(member.name, member);
}

function parseThreshold(count: string, members: number, fail: Statement["fail"]): number {
  if (count === "all") return members;
  if (count === "any") return 1;
  const threshold = /^[1-9]\d{0,2}$/.test(count) ? Number(count) : Number.NaN;
  if (threshold <= members) return threshold;
  throw fail(`asks for ${quote(count)} of ${members}: write all, any, or a number up to ${members}`);
}

function invalid(what: string, options: LoraErrorOptions = {}): LoraError {
  return new LoraError("LOG_POLICY_INVALID", `the log policy: ${what}`, options);
}
