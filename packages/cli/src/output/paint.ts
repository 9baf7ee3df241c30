// SPDX-License-Identifier: Apache-2.0
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colour for stderr, or for stdout when it is named: only on terminals, and never against NO_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return styleText(style, text, { stream });
}
