import path from 'node:path';
import { firstDifference } from '../../slicer/audit/compare-runs.ts';
import { ModelProcess } from '../../slicer/execute/process/model-process.ts';
import { TRUSTED_PROVIDER, type ProviderName } from '../../slicer/execute/provider-names.ts';
import { expectProvider, offeredProviders } from '../../slicer/execute/providers.ts';
import { executeSlice, openSlice } from '../../slicer/execute/session.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { FALLBACKS_FILE, readFallbacks } from '../model/provider-trust.ts';
import { MEASURED } from '../pricing/measure.ts';
import type { NodeSettings } from '../settings.ts';
import { ill, look, ok, type Finding } from './finding.ts';

/** What a provider makes of a layer. */
interface Tried {
  readonly provider: ProviderName;
  /** Whether it gives the program's integers. */
  readonly works: boolean;
  readonly found: string;
}

/**
 * Runs a layer on each of ONNX Runtime's execution providers, in a process of its own, and compares its integers with the
 * program's.
 * @throws ModelError ONNX_RUNTIME_MISSING, MODEL_PROCESS_LOST
 */
export async function examineRuntime({
  executionProvider,
}: Pick<NodeSettings, 'executionProvider'>): Promise<readonly Finding[]> {
  const models = new ModelProcess();
  try {
    const tried: Tried[] = [];
    for (const provider of await offeredProviders(models)) tried.push(await tryOut(provider, models));
    const isSet = ({ provider }: Tried): boolean =>
      provider === TRUSTED_PROVIDER || provider === executionProvider;
    const others = tried.filter((one) => !isSet(one)).map(({ provider, found }) => `${provider}: ${found}`);
    return [
      ...tried.filter(isSet).map(findingOf),
      ...(others.length > 0 ? [ok('ONNX Runtime, others that it has', others.join('; '))] : []),
    ];
  } finally {
    await models.close();
  }
}

function findingOf({ provider, works, found }: Tried): Finding {
  const what = `ONNX Runtime, ${provider}`;
  if (works) return ok(what, found);
  return provider === TRUSTED_PROVIDER
    ? ill(what, found, 'Install ONNX Runtime again.')
    : look(
        what,
        found,
        'All slices run on cpu. Install its driver and libraries, or name another execution-provider.',
      );
}

/**
 * The provider that the settings name beside `cpu`: whether there is one, and which slices a node keeps from it.
 * @throws ModelError ONNX_PROVIDER_MISSING, ONNX_RUNTIME_MISSING, MODEL_PROCESS_LOST
 */
export async function examineProvider({
  executionProvider: provider,
  dataDir,
}: Pick<NodeSettings, 'executionProvider' | 'dataDir'>): Promise<Finding> {
  const what = `slices on ${provider}`;
  await expectProvider(provider);
  const fallbacks = await readFallbacks(path.join(dataDir, FALLBACKS_FILE));
  const own = fallbacks.filter((fallback) => fallback.provider === provider);
  if (own.length === 0) return ok(what, 'none is known to differ there');
  const each = own.map(({ sha256, code, message }) => `${sha256} (${code}: ${message})`);
  return look(
    what,
    `these run on cpu: ${each.join(', ')}`,
    `The node does its work. Delete ${FALLBACKS_FILE} in its data folder to have them tried again.`,
  );
}

async function tryOut(provider: ProviderName, models: ModelProcess): Promise<Tried> {
  const [{ shape }] = MEASURED.tensors;
  const inputs = [Float64Array.from({ length: shape[1] }, (_, i) => (i * 41) % 256)];
  try {
    const session = await openSlice(sliceOnnx(MEASURED, 'doctor'), { provider, models });
    const begun = performance.now();
    const outputs = await executeSlice(session, inputs);
    const milliseconds = performance.now() - begun;
    await session.close();
    return firstDifference(evaluateOutputs(MEASURED, inputs), outputs)
      ? { provider, works: false, found: 'gives other integers than the program' }
      : { provider, works: true, found: `gives the program's integers, in ${milliseconds.toFixed(1)} ms` };
  } catch (error) {
    const { message } = error as Error;
    return { provider, works: false, found: `can't be used: ${lastWords(message)}` };
  }
}

/** ONNX Runtime names its own files and functions first, and the reason last. */
function lastWords(message: string): string {
  const sentence =
    message
      .trim()
      .split(/\n|\. /)
      .at(-1) ?? '';
  return sentence.split(': ').slice(-2).join(': ');
}
