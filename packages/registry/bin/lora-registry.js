#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Only syntax that old Nodes read too: this line must reach whoever runs one.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`lora-registry needs Node 22.13 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 69;
} else {
  import("../bundle/main.js").then(({ main }) => main(process.argv.slice(2)));
}
