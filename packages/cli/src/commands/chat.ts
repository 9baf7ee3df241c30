// SPDX-License-Identifier: Apache-2.0
import { createInterface, type Interface } from "node:readline";
import { LoraError } from "@lora/client/errors";
import type { Gateway } from "@lora/client/gateway";
import { Flags } from "@oclif/core";
import { type ChatSession, modelOf, runCommand, startSession } from "../chat/session.ts";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { printableChunk } from "../output/printable.ts";

export default class Chat extends LoraCommand {
  static override enableJsonFlag = false;
  static override summary =
    "Talk with the project's model in the terminal, and change its abilities while you do.";
  static override description =
    "Lines that begin with a slash are commands; /help lists them. Ctrl-C stops an answer, Ctrl-D ends the chat. " +
    "Needs llama-server, which applies the model's own chat template. What stands behind -- is passed to it.";
  static override examples = [
    "<%= config.bin %> chat",
    {
      description: "With other words before the first",
      command: "<%= config.bin %> chat --system 'You are terse.'",
    },
  ];
  static override strict = false;
  static override usage =
    "chat [--system TEXT] [--temperature NUMBER] [--max-tokens N] [--dir DIR] [-- ARGUMENT…]";
  static override flags = {
    system: Flags.string({ description: "what the model is told first", helpValue: "TEXT" }),
    temperature: Flags.string({
      description: "0 always takes the likeliest token (default: llama-server's)",
      helpValue: "NUMBER",
    }),
    "max-tokens": Flags.integer({ description: "end an answer after so many tokens", min: 1 }),
    ...projectFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Chat);
    const temperature = flags.temperature === undefined ? undefined : Number(flags.temperature);
    if (temperature !== undefined && !(temperature >= 0 && temperature <= 10))
      throw new LoraError("USAGE", `--temperature ${flags.temperature} is not a number from 0 to 10`);
    const { startGateway } = await import("@lora/client/gateway");
    const dashes = this.argv.indexOf("--");
    const gateway = await startGateway({
      directory: flags.dir,
      directories: this.directories(),
      storeDirectory: (await this.openStore()).directory,
      env: process.env,
      // One person talks: the whole context is theirs.
      extraArgs: ["--parallel", "1", ...(dashes < 0 ? [] : this.argv.slice(dashes + 1))],
      fuse: "never",
    });
    try {
      await this.talk(gateway, startSession(gateway.stack(), flags.system), {
        temperature,
        maxTokens: flags["max-tokens"],
      });
    } finally {
      await gateway.stop();
    }
  }

  private async talk(
    gateway: Gateway,
    session: ChatSession,
    sampling: { temperature: number | undefined; maxTokens: number | undefined },
  ): Promise<void> {
    const terminal = process.stdin.isTTY === true;
    const lines = createInterface({ input: process.stdin, output: process.stdout, terminal, prompt: "> " });
    let answering: AbortController | undefined;
    const interrupt = () => {
      if (answering !== undefined) answering.abort(new LoraError("USAGE", "stopped"));
      else this.logToStderr("(Ctrl-D or /quit ends the chat)");
      if (answering === undefined && terminal) lines.prompt();
    };
    lines.on("SIGINT", interrupt);
    process.on("SIGINT", interrupt);
    if (terminal)
      this.log(paint("dim", `${gateway.stack().model.name}; /help lists the commands`, process.stdout));
    try {
      for await (const line of promptedLines(lines, terminal)) {
        try {
          if (line.trim() === "") continue;
          if (line.startsWith("/")) {
            const result = runCommand(session, gateway.stack(), line);
            if (result === "quit") return;
            for (const text of result.lines) this.log(text);
            continue;
          }
          answering = new AbortController();
          await this.answer(gateway, session, line, { ...sampling, signal: answering.signal });
        } catch (error) {
          if (!(error instanceof LoraError)) throw error;
          const hint = error.hint === undefined ? "" : ` (${error.hint})`;
          this.logToStderr(`${paint("red", "error")}: ${error.message}${hint}`);
        } finally {
          answering = undefined;
        }
      }
    } finally {
      process.off("SIGINT", interrupt);
      lines.close();
    }
  }

  /** An answer that was stopped stays in the history as far as it came: the user has read it. */
  private async answer(
    gateway: Gateway,
    session: ChatSession,
    line: string,
    options: { temperature: number | undefined; maxTokens: number | undefined; signal: AbortSignal },
  ): Promise<void> {
    const { chatAnswer } = await import("@lora/client/gateway");
    session.messages.push({ role: "user", content: line });
    let content = "";
    try {
      const model = modelOf(session, gateway.stack());
      for await (const piece of chatAnswer(gateway, { model, messages: session.messages, ...options })) {
        content += piece;
        process.stdout.write(printableChunk(piece));
      }
    } catch (error) {
      if (!options.signal.aborted) {
        session.messages.pop();
        throw error;
      }
      process.stdout.write(paint("dim", " [stopped]", process.stdout));
    }
    process.stdout.write("\n");
    session.messages.push({ role: "assistant", content });
  }
}

/** Asks for the next line only when the last one is dealt with, so that the prompt stands below the answer. */
async function* promptedLines(lines: Interface, terminal: boolean): AsyncGenerator<string> {
  if (terminal) lines.prompt();
  for await (const line of lines) {
    yield line;
    if (terminal) lines.prompt();
  }
}
