import { getAddress, Wallet, type JsonRpcProvider } from 'ethers';
import { connect, WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { openContracts, type Contracts } from '../../protocol/contracts/market.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import { identityOf } from '../../protocol/store/identity.ts';
import { TRUSTED_PROVIDER } from '../../slicer/execute/provider-names.ts';
import type { NodeSettings } from '../settings.ts';
import { examineRpc } from './chain.ts';
import { examined, look, ok, type Finding } from './finding.ts';
import { examineLists } from './lists.ts';
import { examineFolder, examineProver, examineWorkers } from './machine.ts';
import { examineCoins, examineLedger, examineOperator, type Actor } from './money.ts';
import { examineProvider, examineRuntime } from './runtime.ts';
import { examineAggregator, examineModel, examineRunning, examineStore } from './services.ts';

/**
 * Looks at everything that a node needs, one thing after the other, and changes nothing. What fails hinders no other check but
 * those that follow from it.
 */
export async function* examine(
  settings: NodeSettings,
  env: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<Finding> {
  let actor: (Actor & { readonly wallet: Wallet }) | undefined;
  yield* await examined('key', async () => {
    const wallet = new Wallet(await readPrivateKey(settings, env));
    actor = { wallet, key: wallet.address, account: getAddress(settings.account ?? wallet.address) };
    const { key, account } = actor;
    return ok('key', key === account ? `of ${account}` : `of ${key}, for ${account}`);
  });
  yield* await examined('data folder', () => examineFolder(settings));
  yield examineWorkers(settings);
  yield* await examined('for whom', () => Promise.resolve(settings).then(examineLists));
  yield* await examined('ONNX Runtime', () => examineRuntime(settings));
  if (settings.executionProvider !== TRUSTED_PROVIDER) {
    yield* await examined(`slices on ${settings.executionProvider}`, () => examineProvider(settings));
  }
  if (settings.roles.includes('prove')) {
    yield* await examined(`prover ${settings.backend}`, () => examineProver(settings));
  }
  yield* examineMarket(settings, actor);
  const identity = actor && identityOf(actor.wallet, actor.account);
  for (const place of settings.store) {
    yield* await examined(`store ${place}`, () =>
      examineStore(place, { token: settings.storeToken, identity }),
    );
  }
  for (const address of settings.aggregator) yield await examineAggregator(address);
  yield* await examined('node', () => examineRunning(settings));
}

/** The chain by each of its addresses, and what the market says of the account. */
async function* examineMarket(settings: NodeSettings, actor: Actor | undefined): AsyncGenerator<Finding> {
  const { rpc, rpcRate, deployment: file } = settings;
  let deployment: Deployment | undefined;
  yield* await examined('deployment', async () => {
    deployment = await readDeployment(file);
    return ok('deployment', `chain ${deployment.chainId}, market ${deployment.addresses.market}`);
  });
  if (!deployment) return;
  const usable: string[] = [];
  for (const address of rpc.split(',').map((text) => text.trim())) {
    const { findings, usable: works } = await examineRpc(address, deployment, rpcRate);
    yield* findings;
    if (works) usable.push(address);
  }
  if (usable.length === 0 || !actor) {
    yield look('money', 'not known without a chain and a key', 'Mend those first.');
    return;
  }
  const log = createLog(settings.name, 'silent');
  const provider = await connect({ rpc: usable.join(','), rpcRate, log, ...WHILE_SOMEBODY_WAITS });
  try {
    yield* examineAccount(settings, actor, provider, openContracts(deployment, provider));
  } finally {
    provider.destroy();
  }
}

async function* examineAccount(
  settings: NodeSettings,
  actor: Actor,
  provider: JsonRpcProvider,
  contracts: Contracts,
): AsyncGenerator<Finding> {
  yield* await examined('coins for gas', () => examineCoins(provider, actor, settings));
  if (actor.key !== actor.account) {
    yield* await examined('operator', () => examineOperator(contracts, actor));
  }
  yield* await examined('ledger', () => examineLedger(contracts, actor, settings));
  for (const modelId of settings.models) {
    yield* await examined(`model ${modelId}`, () => examineModel(contracts, modelId));
  }
}
