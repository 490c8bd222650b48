import type { ComponentChildren } from 'preact';
import { AskError } from '../data/ask.ts';
import { exactly, inUnits, relative, short, words } from '../data/format.ts';
import { useAsset, useNow } from '../data/market.ts';
import type { Asked } from '../data/use-answer.ts';

/** An amount in units; all its digits on hover. */
export function Amount({ of, bare = false }: { of: string | bigint | null; bare?: boolean }) {
  const asset = useAsset();
  if (of === null) return <span class="faint">–</span>;
  if (asset === undefined) return <span class="faint">…</span>;
  const { decimals, symbol } = asset;
  return (
    <span class="number" title={exactly(of, asset)}>
      {decimals === null ? String(of) : inUnits(of, decimals)}
      {bare ? null : <span class="unit"> {symbol ?? ''}</span>}
    </span>
  );
}

/** A time from now; the exact one on hover. */
export function Time({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return <span class="faint">–</span>;
  const date = new Date(at * 1000);
  const exact = Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
  return (
    <time dateTime={exact} title={exact.replace('T', ' ').replace('.000Z', ' UTC')}>
      {relative(at, now)}
    </time>
  );
}

const KEYED = { job: 'jobs', model: 'models', account: 'accounts', settlement: 'settlements' } as const;

/** A link to what a long key names. */
export function Key({ of, kind }: { of: string | null; kind: keyof typeof KEYED }) {
  if (of === null) return <span class="faint">–</span>;
  return (
    <a class="key" href={`/${KEYED[kind]}/${encodeURIComponent(of)}`} title={of}>
      {short(of)}
    </a>
  );
}

/** A key that names nothing which has a page. */
export function Hash({ of }: { of: string | null }) {
  if (of === null) return <span class="faint">–</span>;
  return (
    <span class="key" title={of}>
      {short(of)}
    </span>
  );
}

const TONES: Readonly<Record<string, string>> = {
  OPEN: 'plain',
  HELD: 'amber',
  LAPSED: 'red',
  SETTLED: 'green',
  POSTED: 'plain',
  CLAIMED: 'amber',
  TRACED: 'blue',
  FINALIZED: 'green',
  CLOSED: 'plain',
  DEVELOPMENT: 'red',
  CEREMONY: 'green',
  EXTERNAL: 'blue',
  LEADING: 'amber',
  OUTBID: 'plain',
  PAID: 'green',
};

export function Badge({ of, children }: { of: string; children?: ComponentChildren }) {
  return <span class={`badge ${TONES[of] ?? 'plain'}`}>{children ?? words(of)}</span>;
}

export type Setup = 'DEVELOPMENT' | 'CEREMONY' | 'EXTERNAL';

const SETUPS: Readonly<Record<Setup, readonly [string, string]>> = {
  DEVELOPMENT: [
    'development keys',
    'Whoever made these keys can forge proofs: fit to develop with, not to rely on.',
  ],
  CEREMONY: [
    'ceremony, as claimed',
    'The registrant names a ceremony’s transcript; `sliceproof model audit` checks it.',
  ],
  EXTERNAL: ['another contract', 'There are no keys: a contract of another proof system verifies.'],
};

/** How keys came about, in words and colour. */
export function SetupBadge({ of }: { of: Setup }) {
  const [name, why] = SETUPS[of];
  return (
    <span title={why}>
      <Badge of={of}>{name}</Badge>
    </span>
  );
}

export function setupWords(of: Setup): string {
  return SETUPS[of][1];
}

export function Card({
  title,
  note,
  children,
  wide = false,
}: {
  title: string;
  note?: ComponentChildren;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const id = `card-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  return (
    <section class={wide ? 'card wide' : 'card'} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {note === undefined ? null : <p class="note">{note}</p>}
      {children}
    </section>
  );
}

export function Stat({
  name,
  children,
  hint,
}: {
  name: string;
  children: ComponentChildren;
  hint?: ComponentChildren;
}) {
  return (
    <div class="stat">
      <dt>{name}</dt>
      <dd>
        <span class="value">{children}</span>
        {hint === undefined ? null : <span class="hint">{hint}</span>}
      </dd>
    </div>
  );
}

export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What a page is while it is asked for, when that failed, when there is no such thing, and with what came. */
export function Answered<Data>({
  asked,
  none,
  children,
}: {
  asked: Asked<Data | null>;
  /** What is said when the answer is null. */
  none?: string;
  children: (data: Data) => ComponentChildren;
}) {
  const { data, error, again } = asked;
  const failed =
    error === undefined ? null : <Failed error={error} again={again} stale={data !== undefined} />;
  if (data === undefined) return failed ?? <Loading />;
  if (data === null) return <Empty>{none ?? 'There is no such thing in this market.'}</Empty>;
  return (
    <>
      {failed}
      {children(data)}
    </>
  );
}

function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spoken">Loading</span>
      <i />
      <i />
      <i />
    </div>
  );
}

function Failed({ error, again, stale }: { error: unknown; again: () => void; stale: boolean }) {
  const [code, message] =
    error instanceof AskError
      ? [error.code, error.message]
      : ['PAGE', error instanceof Error ? error.message : ''];
  return (
    <div class="failed" role="alert">
      <p>
        <strong>
          {stale ? 'This may be old: ' : ''}
          {message}
        </strong>{' '}
        <code>{code}</code>
      </p>
      <button type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
