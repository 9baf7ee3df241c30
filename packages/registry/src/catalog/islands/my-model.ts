// SPDX-License-Identifier: Apache-2.0
/**
 * "What works with my model?": the fingerprint of a file that the visitor chose, computed here. Only slices of the file
 * are read, and only the fingerprint leaves the machine.
 */
import "./without-eval.ts";

import { blobSource, bufferedSource } from "@lora/client/byte-source";
import { LoraError } from "@lora/client/errors";
import { type BaseFingerprint, fingerprintBase } from "@lora/client/fingerprint";
import { element } from "./element.ts";
import { showAbilities } from "./found-abilities.ts";
import { showModel } from "./found-model.ts";

const drop = document.querySelector<HTMLElement>("[data-drop]");
const picker = document.querySelector<HTMLInputElement>("[data-file]");
const result = document.querySelector<HTMLElement>("[data-result]");

async function look(files: readonly File[]): Promise<void> {
  if (result === null || files.length === 0) return;
  result.replaceChildren(element("p", { class: "notice" }, "Reading the header…"));
  const began = performance.now();
  try {
    const base = await fingerprint(files);
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    result.replaceChildren(showModel(base, files, seconds));
    result.append(await showAbilities(base));
  } catch (error) {
    result.replaceChildren(element("p", { class: "notice notice-bad" }, sentenceOf(error)));
  }
}

function fingerprint(files: readonly File[]): Promise<BaseFingerprint> {
  // Read in pieces: norms lie between the large tensors, a slice for each would be thousands.
  const sources = files.map((file) => bufferedSource(blobSource(file, file.name)));
  return fingerprintBase(sources);
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof LoraError)) return "The file cannot be read as a model.";
  const hint = error.hint === undefined ? "" : ` ${capital(error.hint)}.`;
  return `${capital(error.message)}.${hint}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

if (drop !== null && picker !== null) {
  drop.hidden = false;
  picker.addEventListener("change", () => look([...(picker.files ?? [])]));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    look([...(event.dataTransfer?.files ?? [])]);
  });
}
