// SPDX-License-Identifier: Apache-2.0
/**
 * Addresses that a registry may be sent to by whoever names a URL: those of the public internet, by the special-purpose
 * registries of IANA (RFC 6890). Everything else may be the registry's own machine, its network, or its cloud's metadata.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];
/** Of what is global unicast: Teredo and other protocols' own, documentation, and what holds an IPv4 address. */
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
const MAPPED_V4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

const notPublic = listOf([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]);
const globalUnicast = listOf(["2000::/3"]);

/** @param address an IP address, without brackets; anything else is not public */
export function isPublicAddress(address: string): boolean {
  const plain = MAPPED_V4.exec(address)?.[1] ?? address;
  if (isIPv4(plain)) return !notPublic.check(plain, "ipv4");
  // A zone (fe80::1%eth0) is for addresses of a link.
  if (!isIPv6(plain) || plain.includes("%")) return false;
  return globalUnicast.check(plain, "ipv6") && !notPublic.check(plain, "ipv6");
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    list.addSubnet(address, Number(prefix), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
