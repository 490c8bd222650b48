// What explorers verify the contracts of a deployment with: for each a standard JSON input, its compiler, name and arguments.
//
//   node bin/with-node.js --dev scripts/verification.ts [--deployment FILE] [--out FOLDER]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import type { Deployment } from './deploy.ts';
import { bundlesOf } from './deployment/bundles.ts';

const command = new Command('scripts/verification.ts')
  .description(
    'Writes FOLDER/NAME.json, the standard JSON input of each contract of a deployment, and FOLDER/index.json with compiler, ' +
      'contract, address and constructor arguments of all: what a block explorer asks for.',
  )
  .option('--deployment <file>', 'what scripts/deploy.ts wrote', '.sliceproof/deployment.json')
  .option('--out <folder>', 'where the bundles are written', '.sliceproof/verification')
  .addHelpText(
    'after',
    `
Example:
  $ node bin/with-node.js --dev scripts/verification.ts --deployment .sliceproof/deployment.json`,
  );

async function main(): Promise<void> {
  const { deployment, out } = command.parse().opts();
  const bundles = await bundlesOf(JSON.parse(readFileSync(deployment, 'utf8')) as Deployment);
  mkdirSync(out, { recursive: true });
  const index = bundles.map(
    ({ name, address, bundle: { contract, compiler, constructorArguments, input } }) => {
      writeFileSync(path.join(out, `${name}.json`), JSON.stringify(input));
      return { name, address, contract, compiler, constructorArguments, input: `${name}.json` };
    },
  );
  writeFileSync(path.join(out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
  console.log(`${bundles.length} bundles in ${out}`);
}

// Not `import.meta.main`: bin/with-node.js imports the script that it runs.
if (process.argv[1] === import.meta.filename) {
  await main().catch((error: unknown) => {
    process.stderr.write(describeError(error));
    process.exitCode = exitCodeOf(error);
  });
}
