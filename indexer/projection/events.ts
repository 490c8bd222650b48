import { Interface, type Result } from 'ethers';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { ICircuitRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/ICircuitRegistry__factory.ts';
import { IModelRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/IModelRegistry__factory.ts';
import { ISliceMarket__factory } from '../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import type * as Circuits from '../../protocol/contracts/generated/interfaces/ICircuitRegistry.ts';
import type * as Models from '../../protocol/contracts/generated/interfaces/IModelRegistry.ts';
import type * as Market from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';

/** What each event says, as the contracts declare it. */
export interface EventArgs {
  readonly CircuitRegistered: Circuits.CircuitRegisteredEvent.OutputObject;
  readonly ModelRegistered: Models.ModelRegisteredEvent.OutputObject;
  readonly Deposited: Market.DepositedEvent.OutputObject;
  readonly Withdrawn: Market.WithdrawnEvent.OutputObject;
  readonly BurnPushed: Market.BurnPushedEvent.OutputObject;
  readonly FeeSet: Market.FeeSetEvent.OutputObject;
  readonly TreasurySet: Market.TreasurySetEvent.OutputObject;
  readonly JobPosted: Market.JobPostedEvent.OutputObject;
  readonly ExecutionClaimed: Market.ExecutionClaimedEvent.OutputObject;
  readonly ExecutionLapsed: Market.ExecutionLapsedEvent.OutputObject;
  readonly TraceCommitted: Market.TraceCommittedEvent.OutputObject;
  readonly BidPlaced: Market.BidPlacedEvent.OutputObject;
  readonly SliceSettled: Market.SliceSettledEvent.OutputObject;
  readonly SliceSkipped: Market.SliceSkippedEvent.OutputObject;
  readonly SliceLapsed: Market.SliceLapsedEvent.OutputObject;
  readonly CancelAnnounced: Market.CancelAnnouncedEvent.OutputObject;
  readonly JobFinalized: Market.JobFinalizedEvent.OutputObject;
  readonly JobClosed: Market.JobClosedEvent.OutputObject;
  readonly BondForfeited: Market.BondForfeitedEvent.OutputObject;
}

export type EventName = keyof EventArgs;

/** What the receipt of a settling transaction tells besides its events. */
export interface SettlementTransaction {
  readonly from: string;
  readonly gasUsed: bigint;
  /** Smallest units of the chain's own currency. */
  readonly gasPrice: bigint;
}

/** Where in the chain an event is. */
export interface Place {
  readonly blockNumber: number;
  readonly timestamp: bigint;
  readonly logIndex: number;
  readonly transactionHash: string;
  /** Known for settlements. */
  readonly transaction?: SettlementTransaction | undefined;
}

/** An event as its contract emitted it; `args` undefined when it is none that the market's interfaces declare. */
export interface DecodedEvent {
  readonly name: string;
  readonly args: Result;
}

/** Grows in the order of the chain; `part` (0 to 255) tells apart what one event makes. */
export function sequenceOf({ blockNumber, logIndex }: Place, part = 0): bigint {
  return (((BigInt(blockNumber) << 20n) | BigInt(logIndex)) << 8n) | BigInt(part);
}

/** Decodes a log of one of the deployment's contracts. Undefined for events that their interfaces don't declare. */
export function createDecoder(
  deployment: Deployment,
): (log: { address: string; topics: readonly string[]; data: string }) => DecodedEvent | undefined {
  const { circuitRegistry, modelRegistry, market } = deployment.addresses;
  const interfaces = new Map<string, Interface>([
    [circuitRegistry.toLowerCase(), ICircuitRegistry__factory.createInterface()],
    [modelRegistry.toLowerCase(), IModelRegistry__factory.createInterface()],
    [market.toLowerCase(), ISliceMarket__factory.createInterface()],
  ]);
  return ({ address, topics, data }) => {
    try {
      const parsed = interfaces.get(address.toLowerCase())?.parseLog({ topics, data });
      if (!parsed) return undefined;
      // Decoding is lazy: what can't be decoded would only fail when it is read.
      parsed.args.toObject(true);
      return { name: parsed.name, args: parsed.args };
    } catch {
      return undefined;
    }
  };
}

/** Decoded arguments as JSON: integers as decimal text, hex in lower case. */
export function argsToJson(args: Result): Record<string, unknown> {
  return plain(args.toObject(true)) as Record<string, unknown>;
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
  }
  return value;
}
