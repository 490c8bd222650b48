import { useNow } from '../data/market.ts';
import { Time } from './show.tsx';

export interface Moment {
  readonly name: string;
  readonly at: number;
  /** It has happened, or it is a last moment for something. */
  readonly kind: 'event' | 'deadline';
}

/** What happened and what must have by when, on a line with now. */
export function Timeline({ moments }: { moments: readonly Moment[] }) {
  const now = useNow();
  const sorted = moments.toSorted((a, b) => a.at - b.at);
  const last = sorted[sorted.length - 1].at;
  const first = sorted[0].at;
  const running = now <= last;
  const place = (at: number): { left: string } => ({
    left: `${(100 * (at - first)) / Math.max(1, last - first)}%`,
  });
  return (
    <>
      <div class="timeline" aria-hidden="true">
        <i class="passed" style={{ width: place(running ? now : last).left }} />
        {sorted.map((moment, i) => (
          <b key={moment.name} class={moment.kind} style={place(moment.at)}>
            {i + 1}
          </b>
        ))}
        {running ? <i class="now" style={place(now)} /> : null}
      </div>
      <ol class="moments">
        {sorted.map((moment, i) => (
          <li key={moment.name} class={moment.at > now ? 'ahead' : ''}>
            <b aria-hidden="true" class={moment.kind}>
              {i + 1}
            </b>
            <span>{moment.name}</span> <Time at={moment.at} />
          </li>
        ))}
      </ol>
    </>
  );
}
