import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { exactArithmetic } from './eslint/exact-arithmetic.js';

export default tseslint.config(
  { ignores: ['**/generated/**', 'artifacts/**', 'cache/**', 'node_modules/**', '.sliceproof/**'] },
  js.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: 'Throw a SliceproofError with a stable code (protocol/errors.ts).',
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['slicer/**/*.ts'],
    ignores: ['slicer/integer/exact.ts'],
    plugins: { sliceproof: { rules: { 'exact-arithmetic': exactArithmetic } } },
    rules: { 'sliceproof/exact-arithmetic': 'error' },
  },
  {
    files: ['scripts/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
