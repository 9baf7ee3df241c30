// SPDX-License-Identifier: Apache-2.0
/** A process that owns a loaded model: prints the model's process id, then does what its argument says. */
import { findRuntime } from "@lora/client/runtime";
import { basePath } from "./tiny-say.ts";

const runtime = await findRuntime();
const model = await runtime.load({ modelPath: basePath("v1", "q8_0"), adapters: [] });
process.stdout.write(`${model.pid}\n`);
switch (process.argv[2]) {
  case "exit":
    process.exit(0);
    break;
  case "throw":
    throw new Error("on purpose");
  default:
    setInterval(() => {}, 1000);
}
