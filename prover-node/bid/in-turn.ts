import { inOrder, isItsTurn, notItsTurn, type Place, type Moment, type Race } from '../turns/turns.ts';
import { decideBids, type Bid, type BidTerms, type Candidate, type Leave, type Means } from './decide.ts';

/** Slices that are raced for together: a bid costs the same for one as for all, and for more no one node has the means. */
const SLICES_A_RACE = 32;

const FIRST: Place = { rank: 0, order: 0, places: 1 };

/** Who says whose turn it is. */
export interface TurnTaking {
  placeIn(race: Race, moment: Moment): Place;
}

export interface BidsInTurn {
  readonly bids: readonly Bid[];
  /** The best place of what is bid on. */
  readonly place: Place;
  /** What it had bid on, were it its turn. */
  readonly left: readonly Race[];
}

/** The bids to make now, as {@link decideBids} has them, of what this node may bid on in this turn. */
export function bidsInTurn(
  jobId: string,
  terms: BidTerms,
  candidates: readonly Candidate[],
  means: Means,
  { turns, lookSeconds, leave = () => undefined }: Taking,
): BidsInTurn {
  const { now, deadline, bidWindow, proveSeconds } = terms;
  const bids = decideBids(terms, candidates, means, leave);
  const wanted = new Set(bids.flatMap(({ slices }) => slices));
  const races = new Map<
    string,
    { readonly race: Race; readonly place: Place; readonly slices: Candidate[] }
  >();
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
    races.set(what, { race, place: turns.placeIn(race, { now, lookSeconds }), slices: [candidate] });
  }
  const all = [...races.values()];
  const mine = all.filter(({ place }) => isItsTurn(place));
  const { place = FIRST } = inOrder(mine).at(0) ?? {};
  if (mine.length === all.length) return { bids, place, left: [] };
  const others = all.filter(({ place }) => !isItsTurn(place));
  const allowed = mine.flatMap(({ slices }) => slices);
  const made = allowed.length === 0 ? [] : decideBids(terms, allowed, means, leave);
  for (const { slices, place } of others) for (const { slice } of slices) leave(slice, notItsTurn(place));
  return { bids: made, place, left: others.map(({ race }) => race) };
}

export interface Taking {
  readonly turns: TurnTaking;
  readonly lookSeconds: number;
  readonly leave?: Leave;
}
