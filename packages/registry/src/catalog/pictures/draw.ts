// SPDX-License-Identifier: Apache-2.0
/**
 * The picture that goes with a link to a page, 1200 × 630: laid out by satori, which makes paths of the text, so that no
 * machine needs fonts; painted by resvg. Both are loaded with the first picture.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const SIZE = { width: 1200, height: 630 };
const COLOURS = { ground: "#0f1412", text: "#e6ece9", muted: "#a8b5af", accent: "#5ad1b5" };

export interface PictureText {
  /** `@quill/` or nothing. */
  before: string;
  title: string;
  text: string;
  /** Small, at the bottom. */
  note: string;
  /** Hex digits that become bars; none for a page without a base. */
  digits: string;
}

interface Node {
  type: string;
  props: Record<string, unknown>;
}

type Draw = (text: PictureText) => Promise<Uint8Array<ArrayBuffer>>;

/** Of Inter, a file each; where one has no sign for a letter, the next is asked. */
const ALPHABETS = ["latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext"];

/** Arrows, pictographs and what belongs to them. */
const SIGNS = /\u{FE0F}|\u{20E3}|[^\p{L}\p{M}\p{N}\p{P}\p{Z}$+<=>^`|~°±×÷−€£©®™]/gu;
const DRAWN =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]*$/u;

/** What can be drawn of a text: no signs beside those of writing, and nothing at all of a script that would become a row of boxes. */
export function drawnOf(text: string): string {
  const left = text.replace(SIGNS, "").replace(/ +/g, " ").trim();
  return DRAWN.test(left) ? left : "";
}

let opening: Promise<Draw> | undefined;
/** One at a time: a picture takes a tenth of a second of the processor. */
let last: Promise<unknown> = Promise.resolve();

export async function drawPicture(text: PictureText): Promise<Uint8Array<ArrayBuffer>> {
  opening ??= open();
  const draw = await opening;
  const turn = last.then(() => draw(text));
  last = turn.catch(() => {});
  return turn;
}

async function open(): Promise<Draw> {
  const { resolve } = createRequire(import.meta.url);
  const font = (alphabet: string, weight: 400 | 700) =>
    readFile(resolve(`@fontsource/inter/files/inter-${alphabet}-${weight}-normal.woff`)).then((data) => ({
      name: `Inter ${alphabet}`,
      data,
      weight,
      style: "normal" as const,
    }));
  const [{ default: satori }, { initWasm, Resvg }, fonts] = await Promise.all([
    import("satori"),
    import("@resvg/resvg-wasm"),
    Promise.all(ALPHABETS.flatMap((alphabet) => [font(alphabet, 400), font(alphabet, 700)])),
  ]);
  await initWasm(await readFile(resolve("@resvg/resvg-wasm/index_bg.wasm")));
  return async (text) => {
    const svg = await satori(layOut(text) as unknown as Parameters<typeof satori>[0], { ...SIZE, fonts });
    const painter = new Resvg(svg);
    const picture = painter.render();
    const png = new Uint8Array(picture.asPng());
    picture.free();
    painter.free();
    return png;
  };
}

function layOut({ before, title, text, note, digits }: PictureText): Node {
  const size = before.length + title.length > 40 ? 48 : before.length + title.length > 24 ? 64 : 80;
  return box(
    {
      flexDirection: "column",
      width: "100%",
      height: "100%",
      boxSizing: "border-box",
      padding: 72,
      background: COLOURS.ground,
      color: COLOURS.text,
      fontFamily: "Inter latin",
    },
    [
      box({ alignItems: "center" }, [
        box({ width: 12, height: 48, borderRadius: 3, background: COLOURS.text }, []),
        box(
          {
            width: 30,
            height: 12,
            borderRadius: 3,
            background: COLOURS.accent,
            marginLeft: 5,
            marginTop: 36,
          },
          [],
        ),
        box({ fontSize: 40, fontWeight: 700, marginLeft: 20 }, "lora"),
      ]),
      box({ flexWrap: "wrap", marginTop: 72, fontSize: size, lineHeight: 1.1 }, [
        box({ color: COLOURS.muted }, before),
        box({ fontWeight: 700, color: COLOURS.text }, title),
      ]),
      box(
        { marginTop: 28, fontSize: 34, lineHeight: 1.35, color: COLOURS.muted, wordBreak: "break-word" },
        text,
      ),
      box({ marginTop: "auto", alignItems: "center", justifyContent: "space-between" }, [
        box({ fontSize: 28, color: COLOURS.muted }, note),
        box({ alignItems: "center", height: 80 }, barsOf(digits)),
      ]),
    ],
  );
}

function barsOf(digits: string): Node[] {
  return [...digits].map((digit) =>
    box(
      {
        width: 9,
        height: 14 + 4 * Number.parseInt(digit, 16),
        marginLeft: 6,
        borderRadius: 4,
        background: COLOURS.accent,
      },
      [],
    ),
  );
}

function box(style: Record<string, unknown>, children: string | Node[]): Node {
  return { type: "div", props: { style: { display: "flex", ...style }, children } };
}
