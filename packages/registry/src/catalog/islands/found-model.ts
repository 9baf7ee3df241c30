// SPDX-License-Identifier: Apache-2.0
import type { BaseFingerprint } from "@lora/client/fingerprint";
import { element } from "./element.ts";

/** What the file is, as it was found here. */
export function showModel(base: BaseFingerprint, files: readonly File[], seconds: string): HTMLElement {
  const { record } = base;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const facts: [string, string][] = [
    ["Architecture", base.architecture],
    ["Quantization", base.quantization],
    ["Layers", String(record.trunkBlocks)],
    ["Width", String(record.embeddingLength)],
    ["Size", formatSize(size)],
    ["Read in", `${seconds} s`],
  ];
  return element(
    "section",
    { class: "found-model", "aria-label": "Your model" },
    element("h2", {}, base.name ?? files[0]?.name ?? "Your model"),
    element(
      "dl",
      { class: "found-facts" },
      ...facts.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))),
    ),
    element("div", {}, element("code", { "data-fingerprint": "" }, base.fingerprint)),
    ...base.warnings.map((warning) => element("p", { class: "notice notice-warn" }, warning)),
  );
}

function formatSize(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
}
