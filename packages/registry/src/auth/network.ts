// SPDX-License-Identifier: Apache-2.0
/** Networks that a token may be used from, as CIDR: `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.7/32`. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

const CIDR = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/;

/** @param address of the client; undefined, where it is not known, is in no network */
export function isInNetworks(networks: readonly string[], address: string | undefined): boolean {
  if (address === undefined) return false;
  const list = new BlockList();
  for (const network of networks) {
    const found = parse(network);
    if (found !== undefined) list.addSubnet(found.address, found.prefix, found.family);
  }
  // A server that listens on both families sees IPv4 clients as ::ffff:192.0.2.7.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return list.check(plain, isIPv4(plain) ? "ipv4" : "ipv6");
}

function parse(text: string) {
  const [, address = "", digits = ""] = CIDR.exec(text) ?? [];
  const prefix = Number(digits);
  if (isIPv4(address) && prefix <= 32) return { address, prefix, family: "ipv4" as const };
  if (isIPv6(address) && prefix <= 128) return { address, prefix, family: "ipv6" as const };
  return undefined;
}
