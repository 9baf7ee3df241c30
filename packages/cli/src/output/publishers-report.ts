// SPDX-License-Identifier: Apache-2.0
import type { Publisher } from "@lora/client/documents";
import { formatTable } from "./table.ts";

export function describePublishers(publishers: readonly Publisher[]): string {
  if (publishers.length === 0) return "No CI workflow may publish it.";
  return formatTable(
    publishers.map((publisher) => [
      String(publisher.id),
      publisher.provider,
      publisher.repository,
      publisher.workflow,
      publisher.environment ?? "any environment",
      publisher.lastUsedAt === undefined ? "never used" : `used ${publisher.lastUsedAt.slice(0, 10)}`,
    ]),
  );
}
