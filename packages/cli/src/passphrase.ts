// SPDX-License-Identifier: Apache-2.0
/** Passphrases of signing keys: from LORA_KEY_PASSPHRASE, else asked for on the terminal, where nobody sees them. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { LoraError } from "@lora/client/errors";
import type { Passphrase } from "@lora/client/home";

export const passphraseFlag = {
  description: "lock the key with a passphrase: LORA_KEY_PASSPHRASE, else it is asked for",
};

/** Of a key that is locked. @throws LoraError KEY_LOCKED where nobody can be asked */
export const keyPassphrase: Passphrase = async (what) => {
  const given = process.env.LORA_KEY_PASSPHRASE;
  if (given) return given;
  if (isTerminal()) return askHidden(`passphrase of ${what}: `);
  throw new LoraError(
    "KEY_LOCKED",
    `${what} is locked with a passphrase, and there is no terminal to ask on`,
    {
      hint: "set LORA_KEY_PASSPHRASE",
    },
  );
};

/** For a key that is made now. @throws LoraError KEY_LOCKED, USAGE */
export async function newPassphrase(): Promise<string> {
  const given = process.env.LORA_KEY_PASSPHRASE;
  if (given) return given;
  if (!isTerminal()) {
    throw new LoraError(
      "KEY_LOCKED",
      "there is no passphrase to lock the key with, and no terminal to ask on",
      {
        hint: "set LORA_KEY_PASSPHRASE",
      },
    );
  }
  const passphrase = await askHidden("new passphrase: ");
  if ((await askHidden("the same again: ")) === passphrase) return passphrase;
  throw new LoraError("USAGE", "the two passphrases differ, so nothing was made");
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The question goes to stderr, so that stdout has nothing but the outcome. */
function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(question);
  return new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    // Ctrl-C and Ctrl-D: the terminal is in raw mode, so no signal comes.
    lines.once("close", () => reject(new LoraError("KEY_LOCKED", "no passphrase was given")));
  }).finally(() => {
    lines.close();
    process.stderr.write("\n");
  });
}
