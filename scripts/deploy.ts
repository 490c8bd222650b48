// Deploys registries, verifier and market, and writes down where they are.
//
//   node bin/with-node.js scripts/deploy.ts --help
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import type { BaseContract, ContractTransactionReceipt, Signer } from 'ethers';
import { nameRevert } from '../protocol/chain/revert.ts';
import { ConfigError, SliceproofError } from '../protocol/errors.ts';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import {
  CircuitRegistry__factory,
  Groth16BatchVerifier__factory,
  JobViews__factory,
  ModelRegistry__factory,
  Requests__factory,
  SliceMarket__factory,
  TestToken__factory,
} from '../protocol/contracts/generated/index.ts';

/** Where the contracts of one deployment are. */
export interface Addresses {
  readonly asset: string;
  readonly circuitRegistry: string;
  readonly modelRegistry: string;
  readonly verifier: string;
  readonly market: string;
}

/** What a deployment file holds. `block` is the first that an indexer has to read. */
export interface Deployment {
  readonly chainId: number;
  readonly block: number;
  readonly addresses: Addresses;
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
  /** The longest any span of a job may be, in seconds, at most 16,777,215. Default: 30 days. */
  readonly maxJobSeconds?: number;
  /** Where to write the deployment as JSON. Default: nowhere. */
  readonly file?: string;
}

const THIRTY_DAYS = 30 * 24 * 3600;

/** Deploys everything; waits for each transaction. Throws DEPLOYMENT_FAILED when one is refused. */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const { signer, feeBps = 100, minProveSeconds = 30, maxJobSeconds = THIRTY_DAYS } = options;
  const deployer = await signer.getAddress();
  const provider = signer.provider;
  if (!provider) throw new ConfigError('DEPLOYER_WITHOUT_PROVIDER', 'the deploying signer needs a provider');

  const blocks: number[] = [];
  const mined = async <T extends BaseContract>(name: string, sending: Promise<T>): Promise<T> => {
    const contract = await sending.catch((error: unknown) => {
      throw nameRevert(error, [
        SliceMarket__factory.createInterface(),
        ModelRegistry__factory.createInterface(),
      ]);
    });
    const receipt: ContractTransactionReceipt | null | undefined = await contract
      .deploymentTransaction()
      ?.wait();
    if (receipt?.status !== 1) {
      throw new SliceproofError('DEPLOYMENT_FAILED', `the deployment of ${name} was not successful`);
    }
    blocks.push(receipt.blockNumber);
    return contract;
  };

  const asset =
    options.asset ?? (await (await mined('TestToken', new TestToken__factory(signer).deploy())).getAddress());
  const circuits = await mined('CircuitRegistry', new CircuitRegistry__factory(signer).deploy());
  const circuitRegistry = await circuits.getAddress();
  const models = await mined('ModelRegistry', new ModelRegistry__factory(signer).deploy(circuitRegistry));
  const batchVerifier = await mined(
    'Groth16BatchVerifier',
    new Groth16BatchVerifier__factory(signer).deploy(circuitRegistry),
  );
  const requests = await mined('Requests', new Requests__factory(signer).deploy());
  const views = await mined('JobViews', new JobViews__factory(signer).deploy());
  const modelRegistry = await models.getAddress();
  const verifier = await batchVerifier.getAddress();
  const marketFactory = new SliceMarket__factory(
    {
      'project/contracts/market/Requests.sol:Requests': await requests.getAddress(),
      'project/contracts/market/JobViews.sol:JobViews': await views.getAddress(),
    },
    signer,
  );
  const market = await mined(
    'SliceMarket',
    marketFactory.deploy(
      asset,
      modelRegistry,
      verifier,
      options.owner ?? deployer,
      options.treasury ?? deployer,
      feeBps,
      { minProveSeconds, maxJobSeconds },
    ),
  );

  const { chainId } = await provider.getNetwork();
  const deployment: Deployment = {
    chainId: Number(chainId),
    block: Math.min(...blocks),
    addresses: { asset, circuitRegistry, modelRegistry, verifier, market: await market.getAddress() },
  };
  if (options.file !== undefined) {
    mkdirSync(path.dirname(path.resolve(options.file)), { recursive: true });
    writeFileSync(options.file, `${JSON.stringify(deployment, null, 2)}\n`);
  }
  return deployment;
}

const command = new Command('scripts/deploy.ts')
  .description(
    'Deploys registries, verifier and market, writes down where they are, and prints it as JSON. ' +
      'The key that pays is read from SLICEPROOF_DEPLOYER_KEY.',
  )
  .requiredOption('--rpc <url>', 'JSON-RPC address of the chain')
  .option('--asset <address>', 'the ERC-20 that is paid in; left out: a new TestToken, which anyone can mint')
  .option('--owner <address>', 'who may set fee and treasury; left out: the deployer')
  .option('--treasury <address>', 'where fees are credited; left out: the deployer')
  .option('--fee-bps <number>', 'hundredths of a percent of a slice’s price, at most 500', wholeNumber, 100)
  .option('--min-prove-seconds <number>', 'shortest time to prove an offer may give', wholeNumber, 30)
  .option('--max-job-seconds <number>', 'longest span of a job', wholeNumber, THIRTY_DAYS)
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

async function main(): Promise<void> {
  const { rpc, out: file, ...settings } = command.parse().opts();
  const key = process.env['SLICEPROOF_DEPLOYER_KEY'] ?? '';
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new ConfigError('DEPLOY_KEY_MISSING', 'expected 0x and 64 hexadecimal digits in a variable', {
      hint: 'Set SLICEPROOF_DEPLOYER_KEY to the private key of the account that pays for the deployment.',
    });
  }
  const provider = new JsonRpcProvider(rpc);
  try {
    const signer = new NonceManager(new Wallet(key, provider));
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
