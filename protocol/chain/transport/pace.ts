/** Milliseconds between requests once a service has said for the first time that they are too many. */
const FIRST_GAP = 50;
const LONGEST_GAP = 1000;
const LONGEST_REST = 5000;

/**
 * How fast a service may be asked. No limit until it says that there is one, or but the one that was set; then the pause
 * between requests grows by half with each complaint and melts by a tenth with each answer; complaints in a row are waited
 * out longer and longer besides.
 */
export class Pace {
  readonly #leastGap: number;
  /** Milliseconds between two requests. */
  #gap = 0;
  #nextAt = 0;
  #complaints = 0;

  /** @param rate calls a second at most, each of a batch counted; undefined: what the service bears */
  constructor(rate?: number) {
    this.#leastGap = rate === undefined ? 0 : 1000 / rate;
  }

  /** Until when (milliseconds of the same clock) nothing should be asked. */
  get readyAt(): number {
    return this.#nextAt;
  }

  /** Takes the next place, for so many calls. @returns how many milliseconds to wait for it */
  take(now: number, calls = 1): number {
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + Math.max(this.#gap, this.#leastGap * calls);
    return at - now;
  }

  answered(): void {
    this.#gap = this.#gap < 1 ? 0 : this.#gap * 0.9;
    this.#complaints = 0;
  }

  /** The service said: too many, ask again after so many milliseconds if it named them. */
  complained(now: number, after?: number): void {
    this.#gap = Math.min(LONGEST_GAP, Math.max(FIRST_GAP, this.#gap * 1.5));
    const rest = Math.min(LONGEST_REST, 125 * 2 ** this.#complaints++) * (0.5 + Math.random() / 2);
    this.rest(now, after ?? Math.max(rest, this.#gap));
  }

  /** Nothing for so many milliseconds. */
  rest(now: number, milliseconds: number): void {
    this.#nextAt = Math.max(this.#nextAt, now + milliseconds);
  }
}
