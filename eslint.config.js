import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { exactArithmetic } from './eslint/exact-arithmetic.js';

const WAITS_BY_THE_CLOCK = [
  [
    "CallExpression[callee.object.name='vi'][callee.property.name=/^(waitUntil|waitFor|setConfig)$/]",
    'until',
  ],
  ["CallExpression[callee.object.name='expect'][callee.property.name='poll']", 'until'],
  ["CallExpression[callee.property.name='timeout']", 'no time for a test of its own'],
  [
    "CallExpression[callee.name=/^(it|test|describe)$/] > ObjectExpression > Property[key.name='timeout']",
    'no time for a test of its own',
  ],
  [
    'CallExpression[callee.name=/^(it|test|before|after)(All|Each)?$/] > Literal.arguments:last-child[raw=/^[0-9_]+$/]',
    'no time for a test of its own',
  ],
  ["CallExpression[callee.name='setTimeout']", 'until'],
  [
    "MemberExpression[object.name='performance'][property.name='now']",
    'an order or a count instead of a time',
  ],
  [
    "ImportDeclaration[source.value=/^(node:)?timers.promises$/] > ImportSpecifier[imported.name='setTimeout']",
    'until',
  ],
].map(([selector, instead]) => ({ selector, message: `A slow machine is not wrong: ${instead}.` }));

/** What ships runs as TypeScript in the clone and as JavaScript where it is installed: a path that says which is wrong in one. */
const OWN_PLACE = {
  selector:
    "MetaProperty[meta.name='import']:not(CallExpression[callee.name=/^(moduleBeside|fileBeside|createRequire)$/] > MemberExpression > MetaProperty)",
  message: 'Use moduleBeside or fileBeside (protocol/beside.ts).',
};

const NAMED_ERROR = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: 'Throw a SliceproofError with a stable code (protocol/errors.ts).',
};

const HTTP_SERVER = [
  { name: 'node:http', importNames: ['createServer'], message: 'Use protocol/http-server.ts.' },
];

const COLOURS = [{ name: 'picocolors', message: 'Use protocol/terminal/colour.ts: a pipe gets no escapes.' }];

const PLAIN_WRITES = ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'].map((name) => ({
  name,
  importNames: [
    'default',
    'appendFile',
    'appendFileSync',
    'createWriteStream',
    'open',
    'openSync',
    'promises',
    'write',
    'writeFile',
    'writeFileSync',
    'writeSync',
  ],
  message: 'Use writeWhole, openDraft or writeKept (protocol/files/).',
}));

export default tseslint.config(
  {
    ignores: [
      ...['**/generated/**', 'artifacts/**', 'build/**', 'cache/**', 'node_modules/**', '.sliceproof/**'],
      // Projects of their own, which have no errors of ours, or what only they have installed.
      'desk/contract/template/**',
      'scripts/bench/indexer/ponder/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', NAMED_ERROR],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['{bin,client,desk,groth16,indexer,library,protocol,prover-node,slicer,verifier}/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', NAMED_ERROR, OWN_PLACE] },
  },
  {
    files: ['slicer/**/*.ts'],
    ignores: ['slicer/integer/exact.ts'],
    plugins: { sliceproof: { rules: { 'exact-arithmetic': exactArithmetic } } },
    rules: { 'sliceproof/exact-arithmetic': 'error' },
  },
  {
    files: ['**/*.ts'],
    ignores: ['protocol/http-server.ts', 'protocol/terminal/colour.ts', 'test/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [...HTTP_SERVER, ...COLOURS] }] },
  },
  {
    // What a service keeps is written whole or not at all: a crash, a full disk or a power cut must never leave half of it.
    files: [
      '{prover-node,verifier,indexer,client,protocol}/**/*.ts',
      'scripts/{demo,chaos,deployment}/**/*.ts',
      'scripts/deploy.ts',
    ],
    ignores: ['protocol/files/write-whole.ts', 'protocol/terminal/colour.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [...HTTP_SERVER, ...COLOURS, ...PLAIN_WRITES] }] },
  },
  {
    files: ['protocol/http-server.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [...COLOURS, ...PLAIN_WRITES] }] },
  },
  {
    files: ['scripts/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // What a test asserts doesn't depend on who is faster: it waits for what has to come (test/support/until.ts), and
      // nothing but vitest.config.ts and hardhat.config.ts ends a hang.
      'no-restricted-syntax': ['error', ...WAITS_BY_THE_CLOCK],
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['test/support/until.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
