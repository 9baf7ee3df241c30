// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { explicitScales, parseListeningLine, serverArguments } from "./recipe.ts";

const input = {
  modelPath: "/models/base.gguf",
  adapterPaths: ["/tmp/x/0.gguf", "/tmp/x/1.gguf"],
  threads: 1,
  contextTokens: 4096,
  extraArgs: ["--threads", "2"],
};

describe("serverArguments", () => {
  it("loads every adapter at scale 0, without a cache of prompts, on this machine alone", () => {
    const line = serverArguments(input).join(" ");
    expect(line).toContain("--lora-scaled /tmp/x/0.gguf:0,/tmp/x/1.gguf:0 --cache-ram 0");
    expect(line).toContain("--host 127.0.0.1 --port 0");
  });

  it("lets the user's arguments stand behind the defaults, as the last one counts", () => {
    expect(serverArguments(input).join(" ")).toMatch(/--threads 1 .*--threads 2 .*--model/);
  });

  it("says nothing of adapters where there are none", () => {
    expect(serverArguments({ ...input, adapterPaths: [] })).not.toContain("--lora-scaled");
  });

  it.each(["--lora", "--lora-scaled", "--cache-ram", "-cram", "--host", "--port", "--api-key", "-m"])(
    "refuses the user's %s",
    (argument) => {
      expect(() => serverArguments({ ...input, extraArgs: [argument, "x"] })).toThrow(
        expect.objectContaining({ code: "USAGE", hint: `remove ${argument} from runtime.args` }),
      );
    },
  );
});

it("gives each adapter its scale by its place", () => {
  expect(explicitScales([1, 0])).toEqual([
    { id: 0, scale: 1 },
    { id: 1, scale: 0 },
  ]);
});

it.each([
  ["0.00.020.885 I srv  llama_server: listening on http://127.0.0.1:37887", 37887],
  ["main: server is listening on http://127.0.0.1:8080 - starting the main loop", 8080],
  ["main: HTTP server is listening, hostname: 127.0.0.1, port: 4711, http threads: 7", 4711],
  ["0.00.006.480 E srv load_model: failed to load model, 'http://127.0.0.1:1'", undefined],
])("reads the port from %j", (line, port) => {
  expect(parseListeningLine(line)).toBe(port);
});
