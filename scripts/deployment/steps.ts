import type { Signer, ContractDeployTransaction } from 'ethers';
import {
  AdmissionLists__factory,
  Audits__factory,
  Bids__factory,
  CircuitRegistry__factory,
  Endings__factory,
  Executions__factory,
  Groth16BatchVerifier__factory,
  MarketLedger__factory,
  MarketLens__factory,
  ModelRegistry__factory,
  Offers__factory,
  OutputParts__factory,
  Requests__factory,
  Results__factory,
  SignedRequests__factory,
  SliceMarket__factory,
  TensorHasher__factory,
  TestToken__factory,
} from '../../protocol/contracts/generated/index.ts';
import type { SliceMarketLibraryAddresses } from '../../protocol/contracts/generated/factories/SliceMarket__factory.ts';
import { codeStoreInit, poseidonTables, TABLE_COUNT } from '../../protocol/contracts/poseidon-tables.ts';

/** What the steps need to know, with everything decided. */
export interface Plan {
  /** Left out: the TestToken. */
  readonly asset?: string;
  readonly owner: string;
  readonly treasury: string;
  readonly feeBps: number;
  readonly minProveSeconds: number;
  readonly minCommitSeconds: number;
  readonly minJobSeconds: number;
  readonly maxJobSeconds: number;
}

/** Creates one contract. `at` says where an earlier step's contract is. */
export interface Step {
  readonly name: string;
  readonly transaction: (
    at: (name: string) => string,
    plan: Plan,
    signer: Signer,
  ) => Promise<ContractDeployTransaction>;
}

/** Parts of the market that are linked into it. */
const LINKED = [
  ['Requests', Requests__factory],
  ['SignedRequests', SignedRequests__factory],
  ['Offers', Offers__factory],
  ['Executions', Executions__factory],
  ['Audits', Audits__factory],
  ['Bids', Bids__factory],
  ['Endings', Endings__factory],
  ['Results', Results__factory],
] as const;

/** The addresses that the market is linked with. */
export function linksOf(at: (name: string) => string): SliceMarketLibraryAddresses {
  return Object.fromEntries(
    LINKED.map(([name]) => [`project/contracts/market/${name}.sol:${name}`, at(name)]),
  ) as unknown as SliceMarketLibraryAddresses;
}

/** Every contract of a deployment, in order; the place in the list, from 1, is the step's number. */
export const STEPS: readonly Step[] = [
  {
    name: 'TestToken',
    transaction: (_at, _plan, signer) => new TestToken__factory(signer).getDeployTransaction(),
  },
  {
    name: 'CircuitRegistry',
    transaction: (_at, _plan, signer) => new CircuitRegistry__factory(signer).getDeployTransaction(),
  },
  {
    name: 'ModelRegistry',
    transaction: (at, _plan, signer) =>
      new ModelRegistry__factory(signer).getDeployTransaction(at('CircuitRegistry')),
  },
  {
    name: 'Groth16BatchVerifier',
    transaction: (at, _plan, signer) =>
      new Groth16BatchVerifier__factory(signer).getDeployTransaction(at('CircuitRegistry')),
  },
  ...Array.from({ length: TABLE_COUNT }, (_, i): Step => ({
    name: `PoseidonTable${i}`,
    transaction: () => Promise.resolve({ data: codeStoreInit(poseidonTables()[i]) }),
  })),
  {
    name: 'TensorHasher',
    transaction: (at, _plan, signer) =>
      new TensorHasher__factory(signer).getDeployTransaction([
        at('PoseidonTable0'),
        at('PoseidonTable1'),
        at('PoseidonTable2'),
        at('PoseidonTable3'),
        at('PoseidonTable4'),
        at('PoseidonTable5'),
      ]),
  },
  ...LINKED.map(([name, Factory]): Step => ({
    name,
    transaction: (_at, _plan, signer) => new Factory(signer).getDeployTransaction(),
  })),
  {
    name: 'MarketLedger',
    transaction: (at, plan, signer) =>
      new MarketLedger__factory(
        { 'project/contracts/market/Results.sol:Results': at('Results') },
        signer,
      ).getDeployTransaction(plan.asset ?? at('TestToken')),
  },
  {
    name: 'SliceMarket',
    transaction: (at, plan, signer) =>
      new SliceMarket__factory(linksOf(at), signer).getDeployTransaction(
        at('ModelRegistry'),
        at('Groth16BatchVerifier'),
        at('TensorHasher'),
        at('MarketLedger'),
        plan.owner,
        plan.treasury,
        plan.feeBps,
        {
          minProveSeconds: plan.minProveSeconds,
          minCommitSeconds: plan.minCommitSeconds,
          minJobSeconds: plan.minJobSeconds,
          maxJobSeconds: plan.maxJobSeconds,
        },
      ),
  },
  {
    name: 'MarketLens',
    transaction: (_at, _plan, signer) => new MarketLens__factory(signer).getDeployTransaction(),
  },
  {
    name: 'AdmissionLists',
    transaction: (_at, _plan, signer) => new AdmissionLists__factory(signer).getDeployTransaction(),
  },
  {
    name: 'OutputParts',
    transaction: (_at, _plan, signer) => new OutputParts__factory(signer).getDeployTransaction(),
  },
];
