// Deploys registries, verifier and market, and writes down where they are.
//
//   node bin/with-node.js scripts/deploy.ts --help
import { Command } from '@commander-js/extra-typings';
import { id, isHexString, keccak256 } from 'ethers';
import type { Provider, Signer } from 'ethers';
import { writeWhole } from '../protocol/files/write-whole.ts';
import { connect } from '../protocol/chain/provider.ts';
import { nameRevert } from '../protocol/chain/revert.ts';
import { Sender } from '../protocol/chain/sending/sender.ts';
import { SendingSigner } from '../protocol/chain/sending/signer.ts';
import { ConfigError, SliceproofError } from '../protocol/errors.ts';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import {
  ISliceMarket__factory,
  ModelRegistry__factory,
  SliceMarket__factory,
} from '../protocol/contracts/generated/index.ts';
import { contractInterfaces } from '../protocol/contracts/market.ts';
import { createLog } from '../protocol/log.ts';
import { addressOf, creation, ensureFactory } from './deployment/factory.ts';
import { Progress, type DoneStep } from './deployment/progress.ts';
import { requireSupported } from './deployment/supported.ts';
import { STEPS, type Plan } from './deployment/steps.ts';

/** Where the contracts of one deployment are. */
export interface Addresses {
  readonly asset: string;
  readonly circuitRegistry: string;
  readonly modelRegistry: string;
  readonly verifier: string;
  readonly market: string;
  readonly lens: string;
  readonly admissionLists: string;
  readonly outputParts: string;
}

/** What a deployment file holds. `block` is the first that an indexer has to read. */
export interface Deployment {
  readonly chainId: number;
  readonly block: number;
  readonly addresses: Addresses;
  /** Every contract, by the number of its step. */
  readonly steps: readonly DoneStep[];
  /** What the addresses follow from, beside the code. */
  readonly salt: string;
  readonly settings: Plan;
}

export interface DeployOptions {
  /** Pays for the deployment; sends one transaction after the other. */
  readonly signer: Signer;
  /** The ERC-20 that everything is paid in. Default: a new TestToken, which anyone can mint. */
  readonly asset?: string;
  /** Who may set fee and treasury. Default: the deployer. */
  readonly owner?: string;
  /** Where fees are credited. Default: the deployer. */
  readonly treasury?: string;
  /** The market's fee in basis points of a slice's price, at most 500. Default: 100. */
  readonly feeBps?: number;
  /** The shortest `proveSeconds` an offer may have. Default: 30. */
  readonly minProveSeconds?: number;
  /** The shortest `commitSeconds` an execution's offer may have. Default: 30. */
  readonly minCommitSeconds?: number;
  /** The shortest a job may be from its trace to its deadline, in seconds. Default: 60. */
  readonly minJobSeconds?: number;
  /** The longest any span of a job may be, in seconds, at most 8,388,607. Default: 30 days. */
  readonly maxJobSeconds?: number;
  /**
   * 32 bytes that the addresses follow from, beside the code and its arguments. Default: {@link SALT}, so contracts of one version have
   * the same addresses on every chain, and what doesn't depend on a market's settings is shared by all markets of a chain.
   */
  readonly salt?: string;
  /** Where to write the deployment as JSON. Default: nowhere. */
  readonly file?: string;
}

const THIRTY_DAYS = 30 * 24 * 3600;

/** The salt of every deployment that names none. */
export const SALT = id('sliceproof');

/**
 * Deploys everything, one step after the other, and verifies the result. Addresses follow from code, arguments and salt alone, so
 * what is there isn't made again: a run that was cut off is gone on with, and a second market shares the first one's registries.
 * What a run has done is in a file beside `file` until it ends.
 * @throws SliceproofError DEPLOYMENT_FAILED when a step is refused, DEPLOYMENT_WRONG when the result isn't what was asked for,
 * CHAIN_UNSUPPORTED on a chain where blocks and addresses aren't what the contracts take them for
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { signer, salt = SALT, feeBps = 100, minProveSeconds = 30, maxJobSeconds = THIRTY_DAYS } = options;
  const { minCommitSeconds = 30, minJobSeconds = 60 } = options;
  const deployer = await signer.getAddress();
  const provider = signer.provider;
  if (!provider) throw new ConfigError('DEPLOYER_WITHOUT_PROVIDER', 'the deploying signer needs a provider');
  const plan: Plan = {
    ...(options.asset === undefined ? {} : { asset: options.asset }),
    owner: options.owner ?? deployer,
    treasury: options.treasury ?? deployer,
    feeBps,
    minProveSeconds,
    minCommitSeconds,
    minJobSeconds,
    maxJobSeconds,
  };
  await requireSupported(provider);
  await ensureFactory(provider, signer);
  const chainId = Number((await provider.getNetwork()).chainId);
  const progress = new Progress(options.file, chainId, JSON.stringify([salt, plan]));
  const before = progress.read();
  const done: DoneStep[] = [];
  for (const [i, step] of STEPS.entries()) {
    if (step.name === 'TestToken' && plan.asset !== undefined) continue;
    const init = String((await step.transaction(finder(done), plan, signer)).data);
    const place = { number: i + 1, name: step.name, address: addressOf(salt, init) };
    done.push(
      (await found(provider, place, before)) ??
        (await take(place, creation(salt, init), init, signer, provider)),
    );
    await progress.write(done);
  }
  const at = finder(done);
  const deployment: Deployment = {
    chainId,
    block: Math.min(...done.map(({ block }) => block)),
    addresses: {
      asset: plan.asset ?? at('TestToken'),
      circuitRegistry: at('CircuitRegistry'),
      modelRegistry: at('ModelRegistry'),
      verifier: at('Groth16BatchVerifier'),
      market: at('SliceMarket'),
      lens: at('MarketLens'),
      admissionLists: at('AdmissionLists'),
      outputParts: at('OutputParts'),
    },
    steps: done,
    salt,
    settings: plan,
  };
  await verify(deployment, plan, provider);
  if (options.file !== undefined) {
    await writeWhole(options.file, `${JSON.stringify(deployment, null, 2)}\n`, { mode: 0o644 });
    progress.clear();
  }
  return deployment;
}

function finder(done: readonly DoneStep[]): (name: string) => string {
  return (name) => {
    const address = done.find((step) => step.name === name)?.address;
    if (address === undefined) {
      throw new SliceproofError('DEPLOYMENT_FAILED', `a step needs ${name}, which is not there yet`);
    }
    return address;
  };
}

type Place = Pick<DoneStep, 'number' | 'name' | 'address'>;

/** A contract that is there: nothing else can be at an address that follows from its code. */
async function found(
  provider: Provider,
  place: Place,
  before: readonly DoneStep[],
): Promise<DoneStep | undefined> {
  const code = await provider.getCode(place.address);
  if (code === '0x') return undefined;
  const known = before.find(({ address }) => address === place.address);
  return known ?? { ...place, block: await firstBlockOf(provider, place.address), codeHash: keccak256(code) };
}

/** The first block with code at an address that has some now; 0 where the chain's past can't be asked. */
async function firstBlockOf(provider: Provider, address: string): Promise<number> {
  let low = 0;
  let high = await provider.getBlockNumber();
  try {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await provider.getCode(address, middle)) === '0x') low = middle + 1;
      else high = middle;
    }
    return low;
  } catch {
    return 0;
  }
}

async function take(
  place: Place,
  call: { readonly to: string; readonly data: string },
  init: string,
  signer: Signer,
  provider: Provider,
): Promise<DoneStep> {
  const { number, name, address } = place;
  try {
    // The factory keeps a contract's reason for itself: whoever creates it here is told.
    await provider.call({ data: init, from: await signer.getAddress() });
    const sent = await signer.sendTransaction(call);
    const receipt = await sent.wait();
    const code = await provider.getCode(address);
    if (receipt?.status !== 1 || code === '0x') {
      throw new SliceproofError('DEPLOYMENT_FAILED', `step ${number}, ${name}, was not successful`);
    }
    return { ...place, block: receipt.blockNumber, transaction: receipt.hash, codeHash: keccak256(code) };
  } catch (error) {
    throw nameRevert(error, [
      SliceMarket__factory.createInterface(),
      ModelRegistry__factory.createInterface(),
    ]);
  }
}

/** Asks the market what it is made of. */
async function verify({ addresses, steps }: Deployment, plan: Plan, provider: Provider): Promise<void> {
  const market = ISliceMarket__factory.connect(addresses.market, provider);
  const owned = SliceMarket__factory.connect(addresses.market, provider);
  const registry = ModelRegistry__factory.connect(addresses.modelRegistry, provider);
  const limits = await market.limits();
  const found: readonly (readonly [string, unknown, unknown])[] = [
    ['asset', await market.asset(), addresses.asset],
    ['model registry', await market.modelRegistry(), addresses.modelRegistry],
    ['circuit registry', await registry.circuitRegistry(), addresses.circuitRegistry],
    ['verifier', await market.verifier(), addresses.verifier],
    ['tensor hasher', await market.tensorHasher(), finder(steps)('TensorHasher')],
    ['owner', await owned.owner(), plan.owner],
    ['treasury', await market.treasury(), plan.treasury],
    ['fee', await market.feeBps(), BigInt(plan.feeBps)],
    ['shortest time to prove', limits.minProveSeconds, BigInt(plan.minProveSeconds)],
    ['shortest time to commit', limits.minCommitSeconds, BigInt(plan.minCommitSeconds)],
    ['shortest job', limits.minJobSeconds, BigInt(plan.minJobSeconds)],
    ['longest job', limits.maxJobSeconds, BigInt(plan.maxJobSeconds)],
  ];
  for (const [what, came, expected] of found) {
    if (String(came).toLowerCase() === String(expected).toLowerCase()) continue;
    throw new SliceproofError(
      'DEPLOYMENT_WRONG',
      `expected the market's ${what} to be ${String(expected)}, it is ${String(came)}`,
    );
  }
}

const command = new Command('scripts/deploy.ts')
  .description(
    'Deploys registries, verifier and market, checks the result, writes down where everything is, and prints it as JSON. ' +
      'A run that was cut off is gone on with by running it again. ' +
      'The key that pays is read from SLICEPROOF_DEPLOYER_KEY.',
  )
  .requiredOption('--rpc <url>', 'JSON-RPC address of the chain')
  .option('--asset <address>', 'the ERC-20 that is paid in; left out: a new TestToken, which anyone can mint')
  .option('--owner <address>', 'who may set fee and treasury; left out: the deployer')
  .option('--treasury <address>', 'where fees are credited; left out: the deployer')
  .option('--fee-bps <number>', 'hundredths of a percent of a slice’s price, at most 500', wholeNumber, 100)
  .option('--min-prove-seconds <number>', 'shortest time to prove an offer may give', wholeNumber, 30)
  .option(
    '--min-commit-seconds <number>',
    'shortest time to run a model that an offer may give',
    wholeNumber,
    30,
  )
  .option('--min-job-seconds <number>', 'shortest time from a trace to the deadline', wholeNumber, 60)
  .option('--max-job-seconds <number>', 'longest span of a job', wholeNumber, THIRTY_DAYS)
  .option(
    '--salt <bytes>',
    '32 bytes that the addresses follow from, beside code and settings',
    bytes32,
    SALT,
  )
  .option('--max-gas-price <wei>', 'the most that a transaction offers for a unit of gas', wei)
  .option('--out <file>', 'where the deployment is written', '.sliceproof/deployment.json')
  .addHelpText(
    'after',
    `
Example:
  $ SLICEPROOF_DEPLOYER_KEY=0x… node bin/with-node.js scripts/deploy.ts --rpc http://127.0.0.1:8545 --asset 0x…`,
  );

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ConfigError('DEPLOY_SETTINGS_MALFORMED', `expected a whole number, got ${text}`);
}

function bytes32(text: string): string {
  if (isHexString(text, 32)) return text;
  throw new ConfigError('DEPLOY_SETTINGS_MALFORMED', `expected 0x and 64 hexadecimal digits, got ${text}`);
}

function wei(text: string): bigint {
  if (/^\d{1,30}$/.test(text)) return BigInt(text);
  throw new ConfigError('DEPLOY_SETTINGS_MALFORMED', `expected a whole number of wei, got ${text}`);
}

async function main(): Promise<void> {
  const { rpc, maxGasPrice, out: file, ...settings } = command.parse().opts();
  const key = process.env['SLICEPROOF_DEPLOYER_KEY'] ?? '';
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new ConfigError('DEPLOY_KEY_MISSING', 'expected 0x and 64 hexadecimal digits in a variable', {
      hint: 'Set SLICEPROOF_DEPLOYER_KEY to the private key of the account that pays for the deployment.',
    });
  }
  const log = createLog('deploy', 'warn');
  const provider = await connect({ rpc, log });
  try {
    const sender = new Sender({
      provider,
      privateKey: key,
      interfaces: contractInterfaces,
      log,
      maxGasPrice,
    });
    const signer = new SendingSigner(sender, provider, 'deploy');
    console.log(JSON.stringify(await deploy({ ...settings, signer, file }), null, 2));
  } finally {
    provider.destroy();
  }
}

// Not `import.meta.main`: bin/with-node.js imports the script that it runs.
if (process.argv[1] === import.meta.filename) {
  await main().catch((error: unknown) => {
    process.stderr.write(describeError(error));
    process.exitCode = exitCodeOf(error);
  });
}
