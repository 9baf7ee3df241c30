// SPDX-License-Identifier: Apache-2.0
import type { Owners } from "@lora/client/documents";
import { formatTable } from "./table.ts";

export function describeRoles(owners: readonly Owners["owners"][number][]): string {
  return owners.length === 0
    ? "Nobody: only the registry's operator may act for it."
    : formatTable(owners.map(({ name, role, addedAt }) => [name, role, addedAt.slice(0, 10)]));
}
