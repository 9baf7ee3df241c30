#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Plain JavaScript that the oldest Node parses, so that an old Node is told so in one line. CommonJS, which starts sooner.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`error: lora needs Node 22.13 or newer, this is ${process.version}`);
  process.exit(69);
}
require("node:module").enableCompileCache();
require("../bundle/main.cjs").main(process.argv.slice(2));
