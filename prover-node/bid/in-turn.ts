import { inOrder, isItsTurn, notItsTurn, type Place, type Moment, type Race } from '../turns/turns.ts';
import { decideBids, type Bid, type BidTerms, type Candidate, type Leave, type Means } from './decide.ts';

/** Slices that are raced for together: a bid costs the same for one as for all, and for more no one node has the means. */
const SLICES_A_RACE = 32;

const FIRST: Place = { rank: 0, order: 0, places: 1 };

/** Seconds in which a slice's tensors are fetched and checked, mostly. */
const CHECK_SECONDS = 1;

/** Who says whose turn it is. */
export interface TurnTaking {
  placeIn(race: Race, moment: Moment): Place;
  comesWithin(race: Race, place: Place, moment: Moment, seconds: number): boolean;
}

export interface BidsInTurn {
  readonly bids: readonly Bid[];
  /** The best place of what is bid on. */
  readonly place: Place;
  /** What it had bid on, were it its turn. */
  readonly left: readonly Race[];
  /** Slices that it had bid on in this turn, were they ready. */
  readonly unready: readonly number[];
}

interface Raced {
  readonly race: Race;
  readonly place: Place;
  readonly slices: Candidate[];
}

/**
 * The bids to make now, as {@link decideBids} has them, of what this node may bid on in this turn. Only what its turn has come for, or
 * comes next, is made ready.
 */
export function bidsInTurn(
  jobId: string,
  terms: BidTerms,
  candidates: readonly Candidate[],
  means: Means,
  { turns, lookSeconds, leave = () => undefined, isReady = () => true }: Taking,
): BidsInTurn {
  const bids = decideBids(terms, candidates, means, leave);
  const moment = { now: terms.now, lookSeconds };
  const mine: Raced[] = [];
  const others: Raced[] = [];
  const unready: number[] = [];
  for (const raced of racesOf(jobId, terms, candidates, bids, (race) => turns.placeIn(race, moment))) {
    const { race, place, slices } = raced;
    const ready = turns.comesWithin(race, place, moment, CHECK_SECONDS)
      ? slices.filter(({ slice }) => isReady(slice))
      : [];
    if (isItsTurn(place)) {
      mine.push({ race, place, slices: ready });
      unready.push(...slices.filter((one) => !ready.includes(one)).map(({ slice }) => slice));
    } else others.push(raced);
  }
  const { place = FIRST } = inOrder(mine).at(0) ?? {};
  if (others.length === 0 && unready.length === 0) return { bids, place, left: [], unready };
  const allowed = mine.flatMap(({ slices }) => slices);
  const made = allowed.length === 0 ? [] : decideBids(terms, allowed, means, leave);
  for (const { slices, place } of others) for (const { slice } of slices) leave(slice, notItsTurn(place));
  return { bids: made, place, left: others.map(({ race }) => race), unready };
}

/** What these bids race for, and with what place. */
function racesOf(
  jobId: string,
  { deadline, bidWindow, proveSeconds }: BidTerms,
  candidates: readonly Candidate[],
  bids: readonly Bid[],
  placeIn: (race: Race) => Place,
): Iterable<Raced> {
  const wanted = new Set(bids.flatMap(({ slices }) => slices));
  const races = new Map<string, Raced>();
  for (const candidate of candidates) {
    const { slice, leader } = candidate;
    if (!wanted.has(slice)) continue;
    const what = `${Math.floor(slice / SLICES_A_RACE)} ${leader?.unitPrice ?? 'first'}`;
    const known = races.get(what);
    if (known) {
      known.slices.push(candidate);
      continue;
    }
    const until = leader?.windowEnd ?? deadline - bidWindow - proveSeconds;
    const race = { jobId, what, until, led: leader?.holder } satisfies Race;
    races.set(what, { race, place: placeIn(race), slices: [candidate] });
  }
  return races.values();
}

export interface Taking {
  readonly turns: TurnTaking;
  readonly lookSeconds: number;
  readonly leave?: Leave;
  /** Whether all is there that a bid on a slice hangs on. Asked only of what the node would bid on soon, so it may begin to make it ready. */
  readonly isReady?: (slice: number) => boolean;
}
