// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "@lora/client/names";
import type { Action } from "./actions.ts";

/** On whose behalf something is asked. */
export type Holder =
  /** The registry's own: the admin token, and accounts that an operator has made operators. */
  | { kind: "operator"; userId?: string }
  | { kind: "user"; userId: string }
  /** A CI job that a package's owner named. */
  | { kind: "publisher"; publisherId: number; package: PackageName };

/** Who makes a request, and what limits there are to it besides the holder's rights. */
export interface Caller {
  /** Undefined for a browser's session. */
  tokenId: number | undefined;
  /** Of the token, for the log. */
  name: string;
  holder: Holder;
  actions: readonly Action[];
  /** Patterns; null for every package. */
  packages: readonly string[] | null;
  /** CIDR, as the token has them; null for any address. */
  networks: readonly string[] | null;
}
