// SPDX-License-Identifier: Apache-2.0
import { countOf } from "../format.ts";

const WEEKS = 26;
const DAY_MS = 86_400_000;
const [WIDTH, HEIGHT] = [260, 56];

/** Downloads a week of the last half year, as bars. The words say the sum: the picture is not needed for it. */
export function DownloadsChart({
  days,
  now,
}: {
  days: readonly { day: string; count: number }[];
  now: Date;
}) {
  const weeks = new Array<number>(WEEKS).fill(0);
  for (const { day, count } of days) {
    const week = WEEKS - 1 - Math.floor((now.getTime() - Date.parse(day)) / (7 * DAY_MS));
    if (week >= 0 && week < WEEKS) weeks[week] = (weeks[week] ?? 0) + count;
  }
  const sum = weeks.reduce((total, count) => total + count, 0);
  if (sum === 0) return <p class="faint">No downloads were counted yet.</p>;
  const lastWeek = weeks.at(-1) ?? 0;
  const highest = Math.max(1, ...weeks);
  const step = WIDTH / WEEKS;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{countOf(lastWeek, "download")}</strong> in the last seven days, {countOf(sum, "download")} in
        half a year
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        {weeks.map((count, i) => {
          const height = Math.max(1, (count / highest) * (HEIGHT - 2));
          return (
            <rect
              class={count === 0 ? "bar-none" : "bar-some"}
              x={(i * step + 1).toFixed(1)}
              y={(HEIGHT - height).toFixed(1)}
              width={(step - 2).toFixed(1)}
              height={height.toFixed(1)}
              rx="1.5"
            />
          );
        })}
      </svg>
    </figure>
  );
}
