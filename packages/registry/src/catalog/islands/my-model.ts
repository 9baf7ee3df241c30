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
import { findAbilities } from "./found-abilities.ts";
import { showModel } from "./found-model.ts";

const drop = document.querySelector<HTMLElement>("[data-drop]");
const picker = document.querySelector<HTMLInputElement>("[data-file]");
const result = document.querySelector<HTMLElement>("[data-result]");
const status = document.querySelector<HTMLElement>("[data-status]");
/** A visitor who chooses another file does not wait for the first. */
let turns = 0;

async function look(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  turns += 1;
  const turn = turns;
  const show = (said: string, ...shown: HTMLElement[]) => {
    if (turn !== turns) return;
    result?.replaceChildren(...shown);
    if (status !== null) status.textContent = said;
  };
  const reading = "Reading the header…";
  show(reading, element("p", { class: "notice" }, reading));
  const began = performance.now();
  try {
    const base = await fingerprint(files);
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    const model = showModel(base, files, seconds);
    show("The model was read.", model);
    const { shown, said } = await findAbilities(base);
    show(said, model, shown);
  } catch (error) {
    const sentence = sentenceOf(error, files);
    show(sentence, element("p", { class: "notice notice-bad" }, sentence));
  }
}

/** A header takes many small reads. Norms lie alone between large tensors: of more around each most would be for nothing. */
const BLOCKS = { blockBytes: 64 * 1024, maxBlocks: 64 };

function fingerprint(files: readonly File[]): Promise<BaseFingerprint> {
  const sources = files.map((file) => bufferedSource(blobSource(file, file.name), BLOCKS));
  return fingerprintBase(sources);
}

function sentenceOf(error: unknown, files: readonly File[]): string {
  if (!(error instanceof LoraError)) return "The file cannot be read as a model.";
  const hint = error.hint === undefined ? "" : ` ${capital(error.hint)}.`;
  // A file's name stays as it is.
  const isNamed = files.some(({ name }) => error.message.startsWith(name));
  return `${isNamed ? error.message : capital(error.message)}.${hint}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

if (drop !== null && picker !== null) {
  drop.hidden = false;
  picker.addEventListener("change", () => look([...(picker.files ?? [])]));
  // Else the same file, once it is mended, would be no change.
  picker.addEventListener("click", () => {
    picker.value = "";
  });
  // On the whole page: a file that misses its place would take the page's.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("is-over");
    look([...(event.dataTransfer?.files ?? [])]);
  });
}
