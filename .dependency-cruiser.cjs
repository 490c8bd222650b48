/** The folders' directions of the README, and no circles, types included. */
const sides = ['client', 'desk', 'prover-node', 'indexer', 'verifier'];
const ships = [...sides, 'groth16', 'slicer', 'protocol'];

/** These folders and nothing of ours besides. */
const only = (...folders) => `^(?!(${folders.join('|')})/|node_modules/)[^/]+/.*\\.(ts|js|json)$`;

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Put a type where its owner lives.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...sides.map((side) => ({
      name: `${side}-meets-no-other-side`,
      comment: 'Sides meet on chain, in the artifact store and over HTTP.',
      severity: 'error',
      from: { path: `^${side}/` },
      to: { path: only(side, 'slicer', 'groth16', 'protocol') },
    })),
    {
      name: 'slicer-needs-only-groth16-and-protocol',
      severity: 'error',
      from: { path: '^slicer/' },
      to: { path: only('slicer', 'groth16', 'protocol') },
    },
    {
      name: 'groth16-knows-no-market',
      comment: 'The proof system knows nothing of networks, of the market or of the chain.',
      severity: 'error',
      from: { path: '^groth16/' },
      to: { path: only('groth16'), pathNot: '^protocol/(errors|beside|plain-text|files/unfinished)\\.ts$' },
    },
    {
      name: 'protocol-needs-nobody',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { path: only('protocol') },
    },
    {
      name: 'nobody-needs-the-command-line-or-tests',
      severity: 'error',
      from: { path: `^(${[...ships, 'bin', 'scripts'].join('|')})/` },
      to: { path: '^test/' },
    },
    {
      name: 'nobody-needs-the-package',
      comment: 'The folder library/ is what others import; it may need every side.',
      severity: 'error',
      from: { pathNot: '^(library|test|scripts/build)/' },
      to: { path: '^library/' },
    },
    {
      name: 'scripts-are-for-this-clone',
      comment: 'Nothing that ships runs a script of development.',
      severity: 'error',
      from: { path: `^(${[...ships, 'bin'].join('|')})/` },
      to: { path: '^scripts/' },
    },
    {
      name: 'models-run-in-their-own-process',
      comment:
        'What ONNX Runtime does with somebody else’s model must not end, or read, the process that asks.',
      severity: 'error',
      from: { path: `^(${[...ships, 'bin'].join('|')})/`, pathNot: '^slicer/execute/process/child\\.ts$' },
      to: { path: 'onnxruntime' },
    },
    {
      name: 'the-explorer-stands-alone',
      comment: 'Its pages know the indexer by its public API, and the indexer them as built files.',
      severity: 'error',
      from: { path: '^indexer/explorer/' },
      to: { path: '^(?!indexer/explorer/|node_modules/)[^/]+/' },
    },
    {
      name: 'nobody-needs-the-explorer',
      severity: 'error',
      from: { pathNot: '^(indexer|test/indexer)/explorer/' },
      to: { path: '^indexer/explorer/' },
    },
    {
      name: 'no-development-dependency-in-what-ships',
      severity: 'error',
      from: { path: `^(${[...ships, 'bin'].join('|')})/`, pathNot: '^indexer/explorer/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)generated/|^desk/contract/template/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
