/** Gives work up only when nothing of it has come for a while. */
export interface Patience {
  /** Aborts after so long without progress. */
  readonly signal: AbortSignal;
  /** Something came: the time begins anew. */
  progress(): void;
  /** The work is over. */
  end(): void;
}

/**
 * @param milliseconds without progress after which the signal aborts
 * @param also another reason to give up
 */
export function patience(milliseconds: number, also?: AbortSignal): Patience {
  const late = new AbortController();
  const giveUp = (): void =>
    late.abort(new DOMException(`nothing came for ${milliseconds / 1000} s`, 'TimeoutError'));
  let timer = setTimeout(giveUp, milliseconds);
  return {
    signal: also ? AbortSignal.any([also, late.signal]) : late.signal,
    progress: () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, milliseconds);
    },
    end: () => clearTimeout(timer),
  };
}
