import { createRequire } from 'node:module';
import { ModelError } from './errors.ts';

/** The one version that models are run with: another one may round floats otherwise. */
export const RUNTIME = 'onnxruntime-node@1.30.0';

/**
 * Whoever only posts jobs or checks proofs needs no ONNX Runtime, so no package of ours brings it.
 * @throws ModelError ONNX_RUNTIME_MISSING
 */
export function expectRuntime(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): void {
  try {
    resolve('onnxruntime-node');
  } catch (cause) {
    throw new ModelError('ONNX_RUNTIME_MISSING', 'ONNX Runtime, which runs models, is not installed', {
      hint: `npm install --ignore-scripts ${RUNTIME}   (its script would fetch what only GPUs need)`,
      cause,
    });
  }
}
