import { keepJobs, type JobView } from '../chain/state.ts';
import { because, type Reason } from '../reasons.ts';
import { numberOf, placesFor, rankOf, TURN_SECONDS, turnAt } from './rank.ts';
import type { Rivals } from './rivals.ts';

/** Something that several nodes may want at once and one gets. */
export interface Race {
  /** The job it is of. */
  readonly jobId: string;
  /** What of the job, and how it stands: once somebody has won, it is another race. */
  readonly what: string;
  /** The last second in which this node can win it. */
  readonly until: number;
  /** Whether somebody has it already, and it is raced for who has it in the end. */
  readonly led?: string | undefined;
}

/** When a race is decided on. Times are chain time, in seconds. */
export interface Moment {
  readonly now: number;
  /** Between two looks at the chain. */
  readonly lookSeconds: number;
}

/** Of what a node has measured. */
export function lookSecondsOf({
  blockSeconds,
  pollSeconds,
}: Readonly<Record<'blockSeconds' | 'pollSeconds', number>>): Moment['lookSeconds'] {
  return Math.max(blockSeconds, pollSeconds);
}

export interface Place {
  /** How many others come before this node. */
  readonly rank: number;
  /** Of races of the same rank, the least first: nodes that don't know of one another begin with different ones. */
  readonly order: number;
  /** Ranks below it may act now. */
  readonly places: number;
}

/** For something that nobody has yet a node stands back at most so many turns, seconds, and part of the time that is left. */
const MOST_TURNS = 8;
const MOST_SECONDS = 20;
const MOST_PART = 1 / 4;

/** A node that no other knows reckons with so many that it doesn't know for each that it knows, and so many at most. */
const STRANGERS = 3;
const MOST_STRANGERS = 12;

interface Stood {
  turn: number;
  turns: number;
}

/**
 * Whose turn it is. Where several nodes want the same at once, all but one of their transactions cost gas for nothing. So each
 * stands back unless it comes first in an order of all that were seen lately, which each of them finds by itself and which is
 * another in each turn. A node that sees no others stands back for nothing, one that sees some for a bounded time, whoever they are.
 */
export class Turns {
  readonly #account: string;
  readonly #number: number;
  readonly #rivals: Rivals;
  readonly #stood = new Map<string, Stood>();

  constructor(account: string, rivals: Rivals) {
    this.#account = account;
    this.#number = numberOf(account.toLowerCase());
    this.#rivals = rivals;
  }

  placeIn(race: Race, { now, lookSeconds }: Moment): Place {
    const { until, led } = race;
    const others = this.#others(race, now);
    const place = rankOf(this.#number, others, keyOf(race), turnAt(now));
    const stood = this.#stood.get(keyOf(race))?.turns ?? 0;
    const step = Math.max(TURN_SECONDS, lookSeconds);
    const count = others.length + 1;
    if (led !== undefined) {
      // At the end of a window in which others were just in time, one acts and not all.
      const turns = Math.max(stood === 0 ? 1 : 0, Math.floor((until - now) / step) - 1);
      return { ...place, places: placesFor(count, stood, turns) };
    }
    const waited = stood * step;
    const seconds = Math.min(MOST_SECONDS, MOST_PART * (until - now + waited)) - waited;
    return {
      ...place,
      places: placesFor(count, stood, Math.min(MOST_TURNS - stood, Math.floor(seconds / step))),
    };
  }

  /**
   * Whether its turn is now, or comes within so many seconds and a turn as far as is known now: what has to be ready by then is
   * made ready, and no more. All nodes would do all of it else, and one of them has any use for it.
   * @param place what {@link placeIn} says now
   */
  comesWithin(race: Race, place: Place, { now, lookSeconds }: Moment, seconds: number): boolean {
    if (isItsTurn(place)) return true;
    const others = this.#others(race, now);
    const step = Math.max(TURN_SECONDS, lookSeconds);
    for (let turn = Math.min(MOST_TURNS, 1 + Math.ceil(seconds / step)); turn > 0; turn--) {
      if (rankOf(this.#number, others, keyOf(race), turnAt(now + turn * step)).rank < place.places)
        return true;
    }
    return false;
  }

  /** All that are reckoned with in a race, as numbers. */
  #others({ led }: Race, now: number): number[] {
    const others = this.#rivals.others(now, this.#account, ...(led === undefined ? [] : [led]));
    // Where one has won that others know, and none of them this node, there may be more like it.
    if (led === undefined || this.#rivals.knows(this.#account)) return others;
    const known = others.length + Number(this.#rivals.knows(led));
    const count = Math.min(MOST_STRANGERS, STRANGERS * known);
    const strangers = Array.from({ length: count }, (_, i) => numberOf(`${this.#account} ${i}`));
    return [...others, ...strangers];
  }

  /** Takes down that these were left to others although the node had nothing else to send. */
  stoodBack(races: readonly Race[], now: number): void {
    const turn = turnAt(now);
    for (const key of new Set(races.map(keyOf))) {
      const stood = this.#stood.get(key);
      if (stood === undefined) this.#stood.set(key, { turn, turns: 1 });
      else if (stood.turn < turn) this.#stood.set(key, { turn, turns: stood.turns + 1 });
    }
  }

  /** Forgets what belongs to jobs that are over. */
  keepJobs(jobs: readonly JobView[]): void {
    keepJobs(this.#stood, jobs);
  }
}

/** Those with the fewest others before this node first, and of these in an order of its own. */
export function inOrder<T extends { readonly place: Place }>(races: readonly T[]): T[] {
  return [...races].sort((a, b) => a.place.rank - b.place.rank || a.place.order - b.place.order);
}

/** Whether a node may act. */
export function isItsTurn({ rank, places }: Place): boolean {
  return rank < places;
}

/** Why something is left that the node would take now, were it alone. */
export function notItsTurn({ rank, places }: Place): Reason {
  return because(
    'TURN',
    () => `${rank} others come before it in this turn, and ${places === 1 ? 'one acts' : `${places} act`}`,
  );
}

function keyOf({ jobId, what }: Race): string {
  return `${jobId} ${what}`;
}
