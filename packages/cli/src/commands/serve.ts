// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { LoraError } from "@lora/client/errors";
import type { GatewayEvent } from "@lora/client/gateway";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";

const DEFAULT_PORT = 8728;

export default class Serve extends LoraCommand {
  static override summary = "Serve the project's model, with its abilities as models of an OpenAI API.";
  static override description =
    "Starts llama-server and answers in front of it, until it is interrupted. Abilities that are installed, removed or " +
    "rescaled meanwhile are taken over without losing a request. What stands behind -- is passed to llama-server. " +
    "With LORA_SERVE_API_KEY set, requests must carry it as a bearer token.";
  static override examples = [
    "<%= config.bin %> serve",
    {
      description: "For the whole network, on a graphics card",
      command: "<%= config.bin %> serve --host 0.0.0.0 -- --n-gpu-layers 99",
    },
    {
      description: "Ask it",
      command: `curl localhost:${DEFAULT_PORT}/v1/completions -d '{"model":"@demo/upper+@demo/shout:0.5","prompt":"say: hi"}'`,
    },
  ];
  static override strict = false;
  static override usage = "serve [--host HOST] [--port PORT] [--[no-]fuse] [--dir DIR] [-- ARGUMENT…]";
  static override flags = {
    host: Flags.string({ description: "address to listen on", default: "127.0.0.1" }),
    port: Flags.integer({
      description: "port to listen on; 0 takes a free one",
      default: DEFAULT_PORT,
      min: 0,
      max: 65535,
    }),
    fuse: Flags.boolean({
      description: "serve `default` as one adapter made of the stack (default: where its ranks allow)",
      allowNo: true,
    }),
    ...projectFlag,
  };

  async run() {
    const { argv, flags } = await this.parse(Serve);
    const extraArgs = llamaArguments(this.argv, argv as string[]);
    const [{ startGateway }, { createApp }, { createAdaptorServer }] = await Promise.all([
      import("@lora/client/gateway"),
      import("../gateway/app.ts"),
      import("@hono/node-server"),
    ]);
    const store = await this.openStore();
    const gateway = await startGateway({
      directory: flags.dir,
      directories: this.directories(),
      storeDirectory: store.directory,
      env: process.env,
      extraArgs,
      fuse: flags.fuse === undefined ? "auto" : flags.fuse ? "always" : "never",
      onEvent: (event) => this.logToStderr(describeEvent(event)),
    });
    const app = createApp({
      gateway,
      apiKey: process.env.LORA_SERVE_API_KEY || undefined,
      loopbackOnly: /^(?:127\.|localhost$|::1$)/.test(flags.host),
    });
    const server = createAdaptorServer({ fetch: app.fetch, autoCleanupIncoming: true });
    const stopped = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
    try {
      server.listen(flags.port, flags.host);
      await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "is in use" : `cannot be used (${cause.code})`;
        throw new LoraError("SERVICE_UNAVAILABLE", `${flags.host} port ${flags.port} ${why}`, {
          hint: "choose another: lora serve --port 0",
        });
      });
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : flags.port;
      const host = flags.host.includes(":") ? `[${flags.host}]` : flags.host;
      const url = `http://${host}:${port}`;
      await gateway.announce(url.replace("://0.0.0.0", "://127.0.0.1").replace("://[::]", "://[::1]"));
      this.log(this.jsonEnabled() ? "" : `Serving ${gateway.stack().model.name} at ${url}/v1`);
      if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify({ url, pid: process.pid })}\n`);
      await stopped.promise;
    } finally {
      const closed = server.listening ? once(server, "close") : undefined;
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
      await gateway.stop();
    }
  }
}

/** What stands behind `--`. Anything else that is no flag is a typing error. */
function llamaArguments(raw: readonly string[], rest: readonly string[]): string[] {
  const dashes = raw.indexOf("--");
  const passed = dashes < 0 ? [] : raw.slice(dashes + 1);
  if (rest.length > passed.length)
    throw new LoraError("USAGE", `lora serve takes no argument ${JSON.stringify(rest[0])}`, {
      hint: "pass arguments of llama-server behind --",
    });
  return [...passed];
}

function describeEvent(event: GatewayEvent): string {
  switch (event.type) {
    case "applied": {
      const names = event.stack.adapters.map(({ name, scale }) => (scale === 1 ? name : `${name}:${scale}`));
      const fused = event.fusedRank === undefined ? "" : `, fused to rank ${event.fusedRank}`;
      return `default is now ${names.length === 0 ? "the base" : names.join(" + ")}${fused}`;
    }
    case "refused":
      return `not applied: ${event.error.message}`;
    case "crashed":
      return `${event.error.message}; starting it again`;
  }
}
