// npm run build [-- FOLDER]: sliceproof, the library, and sliceproof-cli, the command line, as they are published; in build/.
//
// Both come of this one tree and no module is in both: what the command line shares with the library it imports from it.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import { closureOf } from './build/closure.ts';
import { emitPlain, emitTyped, type Emit } from './build/emit.ts';
import { needs, packagesOf, type Project } from './build/manifest.ts';
import { abis } from './build/abis.ts';

const root = path.dirname(import.meta.dirname);
const out = path.resolve(root, process.argv[2] ?? 'build');
const LIBRARY = 'sliceproof';
const CLI = 'sliceproof-cli';

const project = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Project;
const { version, license, description } = project;

/** A package under way: in a draft folder until it is whole. */
function open(name: string) {
  const target = path.join(out, name);
  const draft = `${target}.${process.pid}`;
  const texts = new Map<string, string>();
  const write: Emit = (file, content) => {
    const place = path.join(draft, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
    if (/\.(js|d\.ts)$/.test(file)) texts.set(file, content);
  };
  return {
    draft,
    texts,
    write,
    copy: (from: string, to = from) =>
      cpSync(path.join(root, from), path.join(draft, to), {
        recursive: true,
        filter: (file) => !/\/contracts\/(compiled|test)$/.test(file),
      }),
    finish(manifest: object) {
      const common = { version, license, type: 'module', author: 'the sliceproof contributors' };
      write('package.json', `${JSON.stringify({ name, ...common, ...manifest }, undefined, 2)}\n`);
      rmSync(target, { recursive: true, force: true });
      renameSync(draft, target);
    },
  };
}

const js = (file: string): string => `./${file.replace(/\.ts$/, '.js')}`;
const dts = (file: string): string => `./${file.replace(/\.ts$/, '.d.ts')}`;

function build(): void {
  const entries = Object.entries(project.exports).map(([name, file]) => [name, file.slice(2)] as const);
  const library = closureOf(
    root,
    entries.map(([, file]) => file),
  );

  const made = open(LIBRARY);
  emitTyped(root, [...library.files, ...library.declarations], made.write);
  for (const asset of library.assets) made.copy(asset);
  for (const folder of ['interfaces', 'types', 'periphery', 'examples', 'libraries', 'market'])
    made.copy(`contracts/${folder}`);
  for (const file of [
    'CircuitRegistry',
    'Groth16BatchVerifier',
    'MarketLedger',
    'MarketLens',
    'MarketViews',
    'ModelRegistry',
    'SliceMarket',
    'TensorHasher',
  ]) {
    made.copy(`contracts/${file}.sol`);
  }
  made.copy('contracts/LICENSE');
  made.copy('deployments');
  for (const [name, text] of abis()) made.write(`contracts/abi/${name}.json`, text);
  for (const file of ['LICENSE', 'CHANGELOG.md', 'SECURITY.md']) made.copy(file);
  made.copy('docs/library.md', 'README.md');
  made.copy('groth16/README.md');
  made.finish({
    description,
    keywords: ['zero-knowledge', 'groth16', 'onnx', 'machine-learning', 'ethereum'],
    engines: { node: '>=20.11' },
    sideEffects: false,
    exports: {
      ...Object.fromEntries(entries.map(([name, file]) => [name, { types: dts(file), default: js(file) }])),
      './contracts/abi/*.json': './contracts/abi/*.json',
      './contracts/*.sol': './contracts/*.sol',
      './deployments/*.json': './deployments/*.json',
      // For sliceproof-cli of the same version, and for nobody else: it changes without notice.
      './internal/*': './*',
      './package.json': './package.json',
    },
    ...needs(project, packagesOf(made.texts.values()), 'range'),
  });

  const cli = closureOf(root, ['bin/cli.ts']);
  const program = open(CLI);
  emitPlain(
    root,
    [...cli.files].filter((file) => !library.files.has(file)),
    (file, text) => program.write(file, file.endsWith('.js') ? fromLibrary(file, text, library.files) : text),
  );
  for (const asset of cli.assets)
    if (!library.assets.has(asset) && asset !== 'package.json') program.copy(asset);
  program.copy('scripts/build/bin.js', 'bin/sliceproof.js');
  for (const file of ['LICENSE', 'CHANGELOG.md', 'SECURITY.md']) program.copy(file);
  program.copy('docs/command-line.md', 'README.md');
  const { dependencies, ...peers } = needs(project, packagesOf(program.texts.values()), 'exact');
  program.finish({
    description: `${description}: the command line, with nodes, aggregator, indexer and store`,
    engines: { node: '>=22.13' },
    bin: { sliceproof: 'bin/sliceproof.js' },
    exports: { './package.json': './package.json', './schema.graphql': './indexer/schema.graphql' },
    dependencies: { [LIBRARY]: version, ...dependencies },
    ...peers,
  });
}

/** Imports of what the library has, from the library. */
function fromLibrary(file: string, text: string, shared: ReadonlySet<string>): string {
  return text.replace(
    /((?:from|import|import\()\s*)(['"])(\.[^'"]*)\2/g,
    (whole, before: string, quote: string, name: string) => {
      const target = path.join(path.dirname(file), name);
      return shared.has(target.replace(/\.js$/, '.ts'))
        ? `${before}${quote}${LIBRARY}/internal/${target}${quote}`
        : whole;
    },
  );
}

try {
  build();
} catch (error) {
  process.stderr.write(describeError(error));
  process.exitCode = exitCodeOf(error);
}
