#!/usr/bin/env node
// What runs `sliceproof` where the package is installed.
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  // What Node compiles of the modules is kept for the next start, and for the processes that this one starts: in
  // NODE_COMPILE_CACHE where that is set, in the folder for temporary files otherwise.
  const { directory } = module.enableCompileCache();
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;
  await import('./cli.js');
} else {
  process.stderr.write(
    `sliceproof needs Node 22.13 or newer, this is ${process.version}.\n` +
      'Install a newer one from https://nodejs.org, or have npm bring one for this command:\n' +
      '  $ npx --package node@24 --package sliceproof-cli sliceproof --help\n',
  );
  process.exitCode = 1;
}
