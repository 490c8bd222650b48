import type { Interface } from 'ethers';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { ICircuitRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/ICircuitRegistry__factory.ts';
import { IModelRegistry__factory } from '../../protocol/contracts/generated/factories/interfaces/IModelRegistry__factory.ts';
import { ISliceMarket__factory } from '../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import type * as Circuits from '../../protocol/contracts/generated/interfaces/ICircuitRegistry.ts';
import type * as Models from '../../protocol/contracts/generated/interfaces/IModelRegistry.ts';
import type * as Market from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { argumentsOf, type ReadArguments } from './decode.ts';

/** What each event says, as the contracts declare it. */
export interface EventArgs {
  readonly CircuitRegistered: Circuits.CircuitRegisteredEvent.OutputObject;
  readonly ExternalCircuitRegistered: Circuits.ExternalCircuitRegisteredEvent.OutputObject;
  readonly ModelRegistered: Models.ModelRegisteredEvent.OutputObject;
  readonly Deposited: Market.DepositedEvent.OutputObject;
  readonly Withdrawn: Market.WithdrawnEvent.OutputObject;
  readonly BurnPushed: Market.BurnPushedEvent.OutputObject;
  readonly OperatorSet: Market.OperatorSetEvent.OutputObject;
  readonly FeeSet: Market.FeeSetEvent.OutputObject;
  readonly SunsetAnnounced: Market.SunsetAnnouncedEvent.OutputObject;
  readonly TreasurySet: Market.TreasurySetEvent.OutputObject;
  readonly JobPosted: Market.JobPostedEvent.OutputObject;
  readonly ExecutionClaimed: Market.ExecutionClaimedEvent.OutputObject;
  readonly ExecutionLapsed: Market.ExecutionLapsedEvent.OutputObject;
  readonly TraceCommitted: Market.TraceCommittedEvent.OutputObject;
  readonly BidPlaced: Market.BidPlacedEvent.OutputObject;
  readonly SlicesSettled: Market.SlicesSettledEvent.OutputObject;
  readonly SlicesSkipped: Market.SlicesSkippedEvent.OutputObject;
  readonly SlicesLapsed: Market.SlicesLapsedEvent.OutputObject;
  readonly OfferRaised: Market.OfferRaisedEvent.OutputObject;
  readonly AuditsDrawn: Market.AuditsDrawnEvent.OutputObject;
  readonly SliceChallenged: Market.SliceChallengedEvent.OutputObject;
  readonly ChallengeProved: Market.ChallengeProvedEvent.OutputObject;
  readonly ChallengeUnproved: Market.ChallengeUnprovedEvent.OutputObject;
  readonly OutputRevealed: Market.OutputRevealedEvent.OutputObject;
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
  /** How many slices the transaction pays; 0 where it is no settlement. */
  readonly paidSlices: number;
}

/** An event that the market's interfaces declare. */
export interface DecodedEvent {
  readonly name: string;
  /** Structs as objects, lists as arrays, integers as bigint, hex in lower case. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** How many slices each transaction pays, of whole transactions' events. */
export function slicesPaidBy(
  events: readonly {
    readonly log: { readonly transactionHash: string };
    readonly decoded: DecodedEvent | undefined;
  }[],
): ReadonlyMap<string, number> {
  const paid = new Map<string, number>();
  for (const { log, decoded } of events) {
    if (decoded?.name !== 'SlicesSettled') continue;
    const { length } = bitsOf((decoded.args as unknown as EventArgs['SlicesSettled']).slices);
    paid.set(log.transactionHash, (paid.get(log.transactionHash) ?? 0) + length);
  }
  return paid;
}

/** Grows in the order of the chain; `part` (0 to 255) tells apart what one event makes. */
export function sequenceOf({ blockNumber, logIndex }: Place, part = 0): bigint {
  return (((BigInt(blockNumber) << 20n) | BigInt(logIndex)) << 8n) | BigInt(part);
}

/** The columns of a row that say which event it comes from. */
export function placed(place: Place, part = 0) {
  const { blockNumber, timestamp, transactionHash } = place;
  return { sequence: sequenceOf(place, part), blockNumber, timestamp, transactionHash };
}

function interfacesOf({ addresses }: Deployment): ReadonlyMap<string, Interface> {
  return new Map<string, Interface>([
    [addresses.circuitRegistry.toLowerCase(), ICircuitRegistry__factory.createInterface()],
    [addresses.modelRegistry.toLowerCase(), IModelRegistry__factory.createInterface()],
    [addresses.market.toLowerCase(), ISliceMarket__factory.createInterface()],
  ]);
}

/** The deployment's contracts with the first topics of the events that their interfaces declare. */
export function emittersOf(
  deployment: Deployment,
): readonly { readonly address: string; readonly topics: readonly string[] }[] {
  return [...interfacesOf(deployment)].map(([address, declared]) => {
    const topics: string[] = [];
    declared.forEachEvent(({ topicHash }) => topics.push(topicHash));
    return { address, topics };
  });
}

/** Decodes a log of one of the deployment's contracts. Undefined for events that their interfaces don't declare. */
export function createDecoder(
  deployment: Deployment,
): (log: { address: string; topics: readonly string[]; data: string }) => DecodedEvent | undefined {
  const known = new Map(
    [...interfacesOf(deployment)].map(([address, declared]) => {
      const events = new Map<string, { readonly name: string; readonly read: ReadArguments }>();
      declared.forEachEvent((event) => {
        events.set(event.topicHash, { name: event.name, read: argumentsOf(event) });
      });
      return [address, events] as const;
    }),
  );
  return ({ address, topics, data }) => {
    const event = known.get(address.toLowerCase())?.get(topics[0] ?? '');
    try {
      return event && { name: event.name, args: event.read(topics, data) };
    } catch {
      return undefined;
    }
  };
}

/** Events of which it is kept what their transaction cost. */
const settling: ReadonlySet<string> = new Set(
  ['SlicesSettled', 'SlicesSkipped'].map(
    (name) => ISliceMarket__factory.createInterface().getEvent(name as 'SlicesSettled').topicHash,
  ),
);

const revealed = argumentsOf(ISliceMarket__factory.createInterface().getEvent('OutputRevealed'));

/** What an `OutputRevealed` says, of the event as it is stored. */
export function readRevealed(topics: readonly string[], data: string): EventArgs['OutputRevealed'] {
  return revealed(topics, data) as unknown as EventArgs['OutputRevealed'];
}

/** Whether it is kept what a log's transaction cost. */
export function isSettling({ topics }: { readonly topics: readonly string[] }): boolean {
  return settling.has(topics[0] ?? '');
}
