// SPDX-License-Identifier: Apache-2.0

const BARS = 12;
const COLOURS = 8;

/**
 * A base's fingerprint as a picture: its first twelve hex digits as the heights of bars, in one of eight colours. Two
 * bases that share a name do not share this. The digits are beside it, in words.
 */
export function BaseGlyph({ fingerprint }: { fingerprint: string }) {
  const digits = [...fingerprint.slice("lfp1:".length, "lfp1:".length + BARS)].map((digit) =>
    Number.parseInt(digit, 16),
  );
  const colour = digits.reduce((sum, digit) => sum + digit, 0) % COLOURS;
  return (
    <svg class={`glyph glyph-${colour}`} viewBox="0 0 36 18" aria-hidden="true">
      {digits.map((digit, i) => {
        const height = 3 + digit;
        return <rect x={i * 3} y={(18 - height) / 2} width="2" height={height} rx="1" />;
      })}
    </svg>
  );
}

/** Four digits of the fingerprint beside a name, where two bases may share the name. */
export function ShortPrint({ fingerprint }: { fingerprint: string }) {
  const start = "lfp1:".length;
  return (
    <code class="short-print" title={fingerprint}>
      {fingerprint.slice(start, start + 4)}
    </code>
  );
}
