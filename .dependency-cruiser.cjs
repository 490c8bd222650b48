/** The folders' directions of the README, and no circles, types included. */
const sides = ['client', 'prover-node', 'indexer', 'verifier'];

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
      to: { path: `^(${[...sides.filter((other) => other !== side), 'bin', 'scripts', 'test'].join('|')})/` },
    })),
    {
      name: 'slicer-needs-only-protocol',
      severity: 'error',
      from: { path: '^slicer/' },
      to: { path: `^(${[...sides, 'bin', 'scripts', 'test'].join('|')})/` },
    },
    {
      name: 'protocol-needs-nobody',
      severity: 'error',
      from: { path: '^protocol/' },
      to: { path: `^(${[...sides, 'slicer', 'bin', 'scripts', 'test'].join('|')})/` },
    },
    {
      name: 'no-development-dependency-in-what-ships',
      severity: 'error',
      from: { path: '^(client|prover-node|indexer|verifier|slicer|protocol|bin)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
