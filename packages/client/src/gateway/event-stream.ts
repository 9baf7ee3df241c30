// SPDX-License-Identifier: Apache-2.0
/**
 * Server-sent events on their way through. Whole events only, so that a stream whose server died can go on with what a
 * second server says to the same request:
 *
 *     data: {"choices":[{"text":"H",…}],"created":1795388002,"id":"chatcmpl-TUa5…"}\n\n
 *
 * The second answer is compared with what was sent, member by member but for those that tell one answer from another,
 * and goes on where the first one broke off.
 */
const END_OF_EVENT = "\n\n";

/** Cuts chunks into events; what is not yet whole is kept for the next chunk. */
export function createEventCutter(): (chunk: Buffer) => { whole: Buffer; count: number } {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const last = all.lastIndexOf(END_OF_EVENT);
    const end = last < 0 ? 0 : last + END_OF_EVENT.length;
    rest = all.subarray(end);
    const whole = all.subarray(0, end);
    let count = 0;
    for (let at = whole.indexOf(END_OF_EVENT); at >= 0; at = whole.indexOf(END_OF_EVENT, at + 2)) count += 1;
    return { whole, count };
  };
}

/** Without comments (`: ping`), which come by the clock. */
export function splitEvents(text: string): string[] {
  return text
    .split(END_OF_EVENT)
    .slice(0, -1)
    .filter((event) => !event.startsWith(":"));
}

/** Differ from answer to answer, or from server to server, without the text being another. */
const OF_ONE_ANSWER = new Set([
  "id",
  "created",
  "created_at",
  "item_id",
  "response_id",
  "timings",
  "usage",
  "tokens_cached",
  "tokens_evaluated",
  "id_slot",
  "prompt_progress",
]);

/** Equal for two events that say the same. */
export function meaningOf(event: string): string {
  const start = event.indexOf("{");
  if (start < 0) return event;
  try {
    const value: unknown = JSON.parse(event.slice(start));
    return (
      event.slice(0, start) +
      JSON.stringify(value, (key, member) => (OF_ONE_ANSWER.has(key) ? undefined : member))
    );
  } catch {
    return event;
  }
}

/** The id of an OpenAI answer, which all events of one stream repeat. */
export function answerId(event: string): string | undefined {
  return /"id":"(?<id>[\w-]+)"/.exec(event)?.groups?.id;
}
