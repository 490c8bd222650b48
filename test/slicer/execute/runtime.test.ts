import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { expectRuntime, RUNTIME } from '../../../slicer/execute/process/runtime.ts';

it('a missing ONNX Runtime is named with the command that installs the version that is tested', async () => {
  const file = path.resolve(import.meta.dirname, '..', '..', '..', 'package.json');
  const { dependencies } = JSON.parse(await readFile(file, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(RUNTIME).toBe(`onnxruntime-node@${dependencies['onnxruntime-node']}`);
  expect(() => expectRuntime()).not.toThrow();
  const missing = (): never => {
    throw new Error('Cannot find module');
  };
  expect(() => expectRuntime(missing)).toThrow(
    expect.objectContaining({
      code: 'ONNX_RUNTIME_MISSING',
      hint: expect.stringContaining(`--ignore-scripts ${RUNTIME}`) as unknown,
    }),
  );
});
