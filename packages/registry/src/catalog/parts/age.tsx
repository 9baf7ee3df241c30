// SPDX-License-Identifier: Apache-2.0
import { formatAge, formatDay } from "../format.ts";

export function Age({ of, now }: { of: string; now: Date }) {
  const date = new Date(of);
  return (
    <time datetime={of} title={formatDay(date)}>
      {formatAge(date, now)}
    </time>
  );
}
