import { ModelError } from './process/errors.ts';
import { sharedModelProcess, type ModelProcess } from './process/model-process.ts';
import { PROVIDERS, runtimeName, type ProviderName } from './provider-names.ts';

/**
 * What ONNX Runtime can run slices on, as it is built for this system. Whether the machine has the device and its libraries,
 * only a model that is loaded there tells.
 * @throws ModelError as {@link ModelProcess.providers}
 */
export async function offeredProviders(
  models: ModelProcess = sharedModelProcess(),
): Promise<readonly ProviderName[]> {
  const names = await models.providers();
  return PROVIDERS.filter((provider) => names.includes(runtimeName(provider)));
}

/** @throws ModelError ONNX_PROVIDER_MISSING; others as {@link offeredProviders} */
export async function expectProvider(provider: ProviderName, models?: ModelProcess): Promise<void> {
  const offered = await offeredProviders(models);
  if (offered.includes(provider)) return;
  throw new ModelError(
    'ONNX_PROVIDER_MISSING',
    `expected an ONNX Runtime with the execution provider ${provider}, the one for ${process.platform} ${process.arch} has ${offered.join(', ')}`,
    { hint: 'Name one that it has as execution-provider; `sliceproof node doctor` says which of them work.' },
  );
}
