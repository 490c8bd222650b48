#!/usr/bin/env node
// What runs `sliceproof` where the package is installed.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 13)) await import('./cli.js');
else {
  process.stderr.write(`sliceproof needs Node 22.13 or newer, this is ${process.version}.\n`);
  process.exitCode = 1;
}
