// SPDX-License-Identifier: Apache-2.0
/**
 * Whom to believe about a log, in the syntax of C2SP tlog-policy. A line a statement; items are separated by spaces
 * and tabs; lines that are empty or start with "#" say nothing.
 *
 *     log <vkey> [<url>]                          any one of the logs must have signed; its name is the log's origin
 *     witness <name> <vkey> [<url>]               one who cosigns
 *     group <name> all|any|<k> <member> …         k of the members, each defined above and in one group only
 *     quorum <name>|none                          exactly once: what must have cosigned
 *
 *     log lora.example/log+e3e305df+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
 *     witness friend friend.example+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
 *     quorum friend
 *
 * Log keys are of kind Ed25519, witness keys of kind cosignature/v1. The file is octets: those above 7F are opaque, no
 * control characters but tab and LF. Names mean something within the file only.
 */
import { formatVerifierKey, type VerifierKey } from "./note-key.ts";

export interface PolicyLog {
  key: VerifierKey;
  url?: string;
}

export interface PolicyWitness {
  kind: "witness";
  name: string;
  key: VerifierKey;
  url?: string;
}

export interface PolicyGroup {
  kind: "group";
  name: string;
  /** How many members it takes, 1 to all. */
  threshold: number;
  members: readonly PolicyMember[];
}

export type PolicyMember = PolicyWitness | PolicyGroup;

export interface Policy {
  logs: readonly PolicyLog[];
  witnesses: readonly PolicyWitness[];
  /** Each after its members. */
  groups: readonly PolicyGroup[];
  quorum: "none" | PolicyMember;
}

/** What `parsePolicy` reads as the same policy: for people to see, and to keep. */
export function formatPolicy({ logs, witnesses, groups, quorum }: Policy): string {
  const url = (given: string | undefined) => (given === undefined ? [] : [given]);
  return [
    ...logs.map((log) => ["log", formatVerifierKey(log.key), ...url(log.url)]),
    ...witnesses.map((each) => ["witness", each.name, formatVerifierKey(each.key), ...url(each.url)]),
    ...groups.map((group) => [
      "group",
      group.name,
      group.threshold,
      ...group.members.map(({ name }) => name),
    ]),
    ["quorum", quorum === "none" ? quorum : quorum.name],
  ]
    .map((items) => `${items.join(" ")}\n`)
    .join("");
}

/** Whether enough of those who must cosign are among those who did. */
export function isQuorum(quorum: Policy["quorum"], cosigned: ReadonlySet<PolicyWitness>): boolean {
  if (quorum === "none") return true;
  if (quorum.kind === "witness") return cosigned.has(quorum);
  return quorum.members.filter((member) => isQuorum(member, cosigned)).length >= quorum.threshold;
}
