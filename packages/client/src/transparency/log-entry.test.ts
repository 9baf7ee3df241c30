// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Sha256, sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parsePackageName, parseScopeName } from "../names.ts";
import { parseVersion } from "../versions.ts";
import { formatLogEntry, isNextEntry, type LogEntry, parseLogEntry, subjectOf } from "./log-entry.ts";

const scope = parseScopeName("@acme");
const pkg = parsePackageName("@acme/sql");
const version = parseVersion("1.2.0");
const keyid: Sha256 = sha256Of("key");
const id: Sha256 = sha256Of("statement");
const first = { v: 1, seq: 0, prev: null } as const;
const later = { v: 1, seq: 3, prev: 41 } as const;
const entries: LogEntry[] = [
  { ...first, t: "scope.create", scope },
  { ...later, t: "key.add", scope, keyid, by: null },
  { ...later, t: "key.add", scope, keyid, by: sha256Of("old key") },
  { ...later, t: "key.revoke", scope, keyid, validBefore: 40 },
  { ...later, t: "key.reset", scope, keyid, notBefore: 1_800_000_000 },
  { ...later, t: "owner.add", scope, owner: "k3J9-x_Q" },
  { ...later, t: "owner.remove", scope, owner: "k3J9-x_Q" },
  { ...first, t: "publish", pkg, version, id, keyid },
  { ...later, t: "yank", pkg, version },
  { ...later, t: "unyank", pkg, version },
  { ...later, t: "takedown", pkg, version },
];
const text = (entry: LogEntry) => new TextDecoder().decode(formatLogEntry(entry));
const bytes = (json: string) => new TextEncoder().encode(json);

describe("log entries", () => {
  it.each(entries.map((entry) => [entry.t, entry] as const))(
    "come back as they were written: %s",
    (_t, entry) => {
      expect(parseLogEntry(formatLogEntry(entry))).toEqual(entry);
    },
  );

  it("are canonical JSON", () => {
    expect(text({ ...first, t: "publish", pkg, version, id, keyid })).toBe(
      `{"id":"${id}","keyid":"${keyid}","pkg":"@acme/sql","prev":null,"seq":0,"t":"publish","v":1,"version":"1.2.0"}`,
    );
  });

  const yank = text({ ...later, t: "yank", pkg, version });
  it.each([
    ["keys in another order", `{"t":"yank","pkg":"@acme/sql","prev":41,"seq":3,"v":1,"version":"1.2.0"}`],
    ["white space", yank.replace(",", ", ")],
    ["a line end", `${yank}\n`],
    ["a byte order mark", `\ufeff${yank}`],
    ["a number in another form", yank.replace('"seq":3', '"seq":3.0')],
    ["a character written as its code", yank.replace("yank", "\\u0079ank")],
    ["a key twice", yank.replace('"seq":3', '"seq":3,"seq":3')],
    ["a key more", yank.replace('"v":1', '"v":1,"verified":true')],
    ["a key less", yank.replace('"seq":3,', "")],
    ["another version", yank.replace('"v":1', '"v":2')],
    ["a type that is not known", yank.replace('"yank"', '"publish2"')],
    ["a name in capitals", yank.replace("@acme/sql", "@Acme/sql")],
    ["a version that is none", yank.replace("1.2.0", "1.2")],
    ["a negative index", yank.replace('"prev":41', '"prev":-1')],
    ["a first entry with one before it", yank.replace('"seq":3', '"seq":0')],
    ["a later entry with none before it", yank.replace('"prev":41', '"prev":null')],
    [
      "a digest in capitals",
      text({ ...first, t: "publish", pkg, version, id, keyid }).replace(id, id.toUpperCase()),
    ],
    [
      "an owner's address",
      text({ ...later, t: "owner.add", scope, owner: "x" }).replace('"x"', '"me@acme.example"'),
    ],
    ["a list", `[${yank}]`],
    ["nothing", ""],
    ["too much", `${yank}${" ".repeat(4096)}`],
  ])("are refused with %s", (_what, json) => {
    expect(() => parseLogEntry(bytes(json))).toThrow(expect.objectContaining({ code: "LOG_ENTRY_INVALID" }));
  });

  it("throw nothing but LoraErrors for random bytes and random JSON", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)), (input) => {
        expect(() => parseLogEntry(input)).toThrow(LoraError);
      }),
    );
  });

  it("belong to a package or to a scope", () => {
    expect(entries.map(subjectOf)).toEqual([...Array(7).fill("@acme"), ...Array(4).fill("@acme/sql")]);
  });

  it("of one subject are a chain that none can be left out of", () => {
    const published: LogEntry = { ...first, t: "publish", pkg, version, id, keyid };
    const yanked: LogEntry = { v: 1, seq: 1, prev: 7, t: "yank", pkg, version };
    const unyanked: LogEntry = { v: 1, seq: 2, prev: 9, t: "unyank", pkg, version };
    const other: LogEntry = { ...yanked, pkg: parsePackageName("@acme/json") };
    expect(isNextEntry(published, undefined)).toBe(true);
    expect(isNextEntry(yanked, { index: 7, entry: published })).toBe(true);
    expect(isNextEntry(unyanked, { index: 9, entry: yanked })).toBe(true);
    expect(isNextEntry(yanked, undefined)).toBe(false);
    expect(isNextEntry(unyanked, { index: 7, entry: published })).toBe(false);
    expect(isNextEntry(yanked, { index: 8, entry: published })).toBe(false);
    expect(isNextEntry(published, { index: 7, entry: published })).toBe(false);
    expect(isNextEntry(other, { index: 7, entry: published })).toBe(false);
  });
});
