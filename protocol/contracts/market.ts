import type { ContractRunner, Interface, Provider } from 'ethers';
import { ConfigError } from '../errors.ts';
import type { Deployment } from './deployment.ts';
import { IAdmissionLists__factory } from './generated/factories/interfaces/IAdmissionLists__factory.ts';
import { ICircuitRegistry__factory } from './generated/factories/interfaces/ICircuitRegistry__factory.ts';
import { IGroth16BatchVerifier__factory } from './generated/factories/interfaces/IGroth16BatchVerifier__factory.ts';
import { IMarketLens__factory } from './generated/factories/interfaces/IMarketLens__factory.ts';
import { IModelRegistry__factory } from './generated/factories/interfaces/IModelRegistry__factory.ts';
import { ISliceMarket__factory } from './generated/factories/interfaces/ISliceMarket__factory.ts';
import { IOutputParts__factory } from './generated/factories/interfaces/IOutputParts__factory.ts';
import type { IAdmissionLists } from './generated/interfaces/IAdmissionLists.ts';
import type { ICircuitRegistry } from './generated/interfaces/ICircuitRegistry.ts';
import type { IGroth16BatchVerifier } from './generated/interfaces/IGroth16BatchVerifier.ts';
import type { IMarketLens } from './generated/interfaces/IMarketLens.ts';
import type { IModelRegistry } from './generated/interfaces/IModelRegistry.ts';
import type { IOutputParts } from './generated/interfaces/IOutputParts.ts';
import type { ISliceMarket } from './generated/interfaces/ISliceMarket.ts';

/** The contracts of one deployment, typed. */
export interface Contracts {
  readonly deployment: Deployment;
  readonly market: ISliceMarket;
  readonly models: IModelRegistry;
  readonly circuits: ICircuitRegistry;
  readonly verifier: IGroth16BatchVerifier;
  readonly lens: IMarketLens;
  readonly admissionLists: IAdmissionLists;
  readonly outputParts: IOutputParts;
}

/** The ABIs whose custom errors a call of ours may end with. */
export const contractInterfaces: readonly Interface[] = [
  ISliceMarket__factory.createInterface(),
  IModelRegistry__factory.createInterface(),
  ICircuitRegistry__factory.createInterface(),
  IGroth16BatchVerifier__factory.createInterface(),
  IAdmissionLists__factory.createInterface(),
  IOutputParts__factory.createInterface(),
];

/** @param runner a provider for reading; a `Sender` sends what is populated here */
export function openContracts(deployment: Deployment, runner: ContractRunner): Contracts {
  const { addresses } = deployment;
  return {
    deployment,
    market: ISliceMarket__factory.connect(addresses.market, runner),
    models: IModelRegistry__factory.connect(addresses.modelRegistry, runner),
    circuits: ICircuitRegistry__factory.connect(addresses.circuitRegistry, runner),
    verifier: IGroth16BatchVerifier__factory.connect(addresses.verifier, runner),
    lens: IMarketLens__factory.connect(addresses.lens, runner),
    admissionLists: IAdmissionLists__factory.connect(addresses.admissionLists, runner),
    outputParts: IOutputParts__factory.connect(addresses.outputParts, runner),
  };
}

/**
 * Refuses to work on another chain than the deployment's.
 * @throws ConfigError CHAIN_MISMATCH
 */
export function expectChain(deployment: Deployment, chainId: bigint): void {
  if (BigInt(deployment.chainId) === chainId) return;
  throw new ConfigError(
    'CHAIN_MISMATCH',
    `the deployment is on chain ${deployment.chainId}, the RPC serves chain ${chainId}`,
  );
}

/**
 * Refuses a chain that has the number of the deployment's and not its contracts: one that was started anew, or another's.
 * @throws ConfigError DEPLOYMENT_ELSEWHERE
 */
export async function expectDeployed(
  { chainId, addresses: { market } }: Deployment,
  provider: Pick<Provider, 'getCode'>,
): Promise<void> {
  if ((await provider.getCode(market)) !== '0x') return;
  throw new ConfigError(
    'DEPLOYMENT_ELSEWHERE',
    `expected the market at ${market} on chain ${chainId}, the RPC's chain has no contract there`,
    {
      hint: 'Check --deployment and --rpc: chains of one’s own have the same number, and forget all when they start anew.',
    },
  );
}
