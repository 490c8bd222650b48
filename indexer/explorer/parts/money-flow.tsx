import { inUnits, short } from '../data/format.ts';
import { useAsset } from '../data/market.ts';
import { Empty } from './show.tsx';

export interface Stream {
  /** What it is for. */
  readonly name: string;
  /** Who got it; nobody of what is still there. */
  readonly account?: string;
  readonly amount: bigint;
  readonly tone: 'proof' | 'execution' | 'fee' | 'tip' | 'back' | 'left' | 'burned';
}

const WIDTH = 760;
const BAR = 14;
const LABELS = 400;
const LEAST = 18;
const GAP = 8;
const SCALE = 150;
/** One stream alone says nothing by its thickness. */
const ALONE = 40;

/** A sum as one bar that parts into streams, each as thick as its share. */
export function MoneyFlow({ source, streams }: { source: string; streams: readonly Stream[] }) {
  const { decimals, symbol } = useAsset() ?? { decimals: null, symbol: null };
  const flowing = streams.filter(({ amount }) => amount > 0n);
  const total = flowing.reduce((sum, { amount }) => sum + amount, 0n);
  if (total === 0n) return <Empty>No money has moved.</Empty>;
  const share = (amount: bigint): number => Number((amount * 10_000n) / total) / 10_000;
  const show = (amount: bigint): string =>
    decimals === null ? String(amount) : `${inUnits(amount, decimals)} ${symbol ?? ''}`;
  let leftAt = 24;
  let rightAt = 24;
  const drawn = flowing.map((stream) => {
    const thick = Math.max(1.5, share(stream.amount) * (flowing.length === 1 ? ALONE : SCALE));
    const slot = Math.max(LEAST, thick);
    const one = { ...stream, thick, from: leftAt + thick / 2, to: rightAt + slot / 2 };
    leftAt += thick;
    rightAt += slot + GAP;
    return one;
  });
  const height = Math.max(leftAt, rightAt) + 4;
  const end = WIDTH - LABELS;
  return (
    <div class="scroll" role="region" aria-label="Money flow" tabIndex={0}>
      <svg
        class="flow"
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={`${source}, ${show(total)}: ${flowing.map(({ name, amount }) => `${name} ${show(amount)}`).join('; ')}`}
      >
        <text x="0" y="13" class="source">
          {`${source} ${show(total)}`}
        </text>
        <rect class="bar" x="0" y="24" width={BAR} height={leftAt - 24} rx="2" />
        {drawn.map(({ name, account, amount, tone, thick, from, to }) => (
          <g key={`${name}${account ?? ''}`} class={tone}>
            <path
              d={`M${BAR} ${from}C${end / 2} ${from} ${end / 2} ${to} ${end} ${to}`}
              stroke-width={thick}
            />
            <text x={end + 8} y={to + 4}>
              {`${show(amount)}  ${name}${account === undefined ? '' : ` ${short(account)}`}`}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
