import path from 'node:path';
import type { Log } from '../../protocol/log.ts';
import { TRUSTED_PROVIDER } from '../../slicer/execute/provider-names.ts';
import { expectProvider } from '../../slicer/execute/providers.ts';
import { FALLBACKS_FILE, ProviderTrust } from '../model/provider-trust.ts';
import type { NodeSettings } from '../settings.ts';
import type { Note } from '../status/health.ts';

export interface TrustOptions {
  readonly settings: Pick<NodeSettings, 'executionProvider' | 'dataDir'>;
  readonly log: Log;
  /** Told the codes of what runs on `cpu` after all. */
  readonly onFailure: (code: string) => void;
}

/**
 * Of the provider that the settings name; undefined for `cpu`.
 * @throws ModelError ONNX_PROVIDER_MISSING, ONNX_RUNTIME_MISSING, MODEL_PROCESS_LOST; FileError FILE_UNREADABLE, FILE_DISK_FULL,
 * FILE_NOT_WRITTEN
 */
export async function openTrust({
  settings: { executionProvider: provider, dataDir },
  log,
  onFailure,
}: TrustOptions): Promise<ProviderTrust | undefined> {
  if (provider === TRUSTED_PROVIDER) return undefined;
  await expectProvider(provider);
  return ProviderTrust.load({ provider, file: path.join(dataDir, FALLBACKS_FILE), log, onFailure });
}

/** What an operator should know: which slices don't run where the settings say. */
export function fallbackNotes(trust: ProviderTrust | undefined): readonly Note[] {
  const fallbacks = trust?.fallbacks() ?? [];
  if (!trust || fallbacks.length === 0) return [];
  const [{ sha256, code, message }] = fallbacks;
  const some = fallbacks.length === 1 ? '1 slice runs' : `${fallbacks.length} slices run`;
  const first = fallbacks.length === 1 ? '' : 'first ';
  return [
    {
      code: 'PROVIDER_FALLBACK',
      text: `${some} on cpu and not on ${trust.provider}: ${first}the model ${sha256}, ${code}: ${message}`,
    },
  ];
}
