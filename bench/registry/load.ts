// SPDX-License-Identifier: Apache-2.0
/**
 * The load generator, the same for every contender, as a process of its own so that it can have a core of its own.
 *
 *     node load.ts URL CONNECTIONS SECONDS STATUS [HEADERS]     prints {"perSecond","p50Ms","p99Ms","failed"}
 *
 * STATUS is the one that every answer has to have: a server that refuses quickly is no quick server.
 */
import autocannon from "autocannon";

const [url = "", connections = "1", seconds = "2", status = "200", headers = "{}"] = process.argv.slice(2);
const expected = Number(status);
const load = (duration: number) =>
  autocannon({ url, connections: Number(connections), duration, headers: JSON.parse(headers) });

await load(0.5);
const result = await load(Number(seconds));
const counts = (result as unknown as { statusCodeStats: Record<string, { count: number }> }).statusCodeStats;
const answered = Object.entries(counts).reduce((sum, [, { count }]) => sum + count, 0);
const failed = answered - (counts[expected]?.count ?? 0) + result.errors + result.timeouts;
console.log(
  JSON.stringify({
    perSecond: Math.round(answered / result.duration),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed,
  }),
);
