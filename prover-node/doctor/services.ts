import { readModel } from '../../protocol/contracts/model.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { withoutSecrets } from '../../protocol/secrets.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { openPlace, type StoreAccess } from '../../protocol/store/open.ts';
import { StoreError } from '../../protocol/store/store.ts';
import type { NodeSettings } from '../settings.ts';
import { askRunningNode } from '../status/place.ts';
import { ill, look, ok, type Finding } from './finding.ts';

/** Milliseconds that a service has for a sign of life. */
const PATIENCE = 8_000;
/** Bytes that no store has: asking for them shows whether it answers. */
const NOWHERE = artifactOf(new TextEncoder().encode('sliceproof node doctor')).sha256;

/** Asks a store for something that it hasn't. */
export async function examineStore(place: string, access: StoreAccess): Promise<Finding> {
  const what = `store ${nameOf(place)}`;
  try {
    await openPlace(place, access).get(NOWHERE, { maxBytes: 1024 });
    return ok(what, 'answers');
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'STORE_NOT_FOUND' || error.code === 'STORE_FORBIDDEN') return ok(what, 'answers');
    return ill(what, `${error.code} ${error.message}`, error.hint ?? 'Check the address, and that it runs.');
  }
}

/** Asks an aggregator how it is. Without one a node settles by itself, so nothing here is ill. */
export async function examineAggregator(address: string): Promise<Finding> {
  const what = `aggregator ${nameOf(address)}`;
  const alone = 'Proofs are settled by the node itself meanwhile, for more gas.';
  try {
    const response = await fetch(`${address.replace(/\/+$/, '')}/health`, {
      signal: AbortSignal.timeout(PATIENCE),
    });
    await response.body?.cancel();
    return response.ok
      ? ok(what, 'takes proofs')
      : look(what, `says by ${response.status} that it can't do its work`, alone);
  } catch (error) {
    return look(what, `no answer: ${withoutSecrets((error as Error).message)}`, alone);
  }
}

/** What a node says that runs in this data folder. */
export async function examineRunning({
  dataDir,
}: Pick<NodeSettings, 'dataDir'>): Promise<readonly Finding[]> {
  const what = 'node';
  const report = await askRunningNode(dataDir);
  if (!report) return [ok(what, 'none runs in this data folder, or it has no status-port')];
  if (report.health.length === 0) return [ok(what, `runs: ${report.doing}`)];
  return report.health.map(({ code, text }) =>
    ill(what, `${code}: ${text}`, 'docs/operations.md has the code.'),
  );
}

/** Whether a model of the settings is published. */
export async function examineModel(contracts: Contracts, modelId: string): Promise<Finding> {
  const { slices } = await readModel(contracts, modelId);
  return ok(`model ${modelId}`, `published, ${slices.length} slices`);
}

/** An address as the log has it: without what may be a key. */
function nameOf(place: string): string {
  return /^https?:/.test(place) ? new URL(place).host : place;
}
