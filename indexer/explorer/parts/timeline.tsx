import { useNow } from '../data/market.ts';
import { Time } from './show.tsx';

export interface Moment {
  readonly name: string;
  readonly at: number;
  /** It has happened, or it is a last moment for something. */
  readonly kind: 'event' | 'deadline';
}

const WIDTH = 1000;
const MARGIN = 14;

/** What happened and what must have by when, on a line with now. */
export function Timeline({ moments }: { moments: readonly Moment[] }) {
  const now = useNow();
  const sorted = moments.toSorted((a, b) => a.at - b.at);
  const last = sorted[sorted.length - 1].at;
  const first = sorted[0].at;
  const running = now <= last;
  const x = (at: number): number =>
    MARGIN + ((WIDTH - 2 * MARGIN) * (at - first)) / Math.max(1, last - first);
  return (
    <>
      <svg class="timeline" viewBox={`0 0 ${WIDTH} 40`} aria-hidden="true">
        <line class="track" x1={MARGIN} x2={WIDTH - MARGIN} y1="20" y2="20" />
        <line class="passed" x1={MARGIN} x2={x(running ? now : last)} y1="20" y2="20" />
        {sorted.map((moment, i) => (
          <g key={moment.name} class={moment.kind}>
            <circle cx={x(moment.at)} cy="20" r="9" />
            <text x={x(moment.at)} y="24" text-anchor="middle">
              {i + 1}
            </text>
          </g>
        ))}
        {running ? <path class="now" d={`M${x(now)} 4V36`} /> : null}
      </svg>
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
