import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask } from './data/ask.ts';
import { MARKET_FIELDS, MarketContext, useNow, type Market } from './data/market.ts';
import { span } from './data/format.ts';
import { useAnswer } from './data/use-answer.ts';
import { AccountPage } from './pages/account.tsx';
import { BiddingPage } from './pages/bidding.tsx';
import { CircuitPage, CircuitsPage } from './pages/circuits.tsx';
import { JobPage } from './pages/job.tsx';
import { JobsPage } from './pages/jobs.tsx';
import { ModelPage } from './pages/model.tsx';
import { ModelsPage } from './pages/models.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { ProversPage } from './pages/provers.tsx';
import { SearchPage } from './pages/search.tsx';
import { SettlementPage, SettlementsPage } from './pages/settlements.tsx';
import { go, usePlace, type PageProps } from './router.ts';

const LISTS: Readonly<Record<string, readonly [title: string, page: FunctionComponent<PageProps>]>> = {
  '': ['Overview', OverviewPage],
  jobs: ['Jobs', JobsPage],
  bidding: ['Open to bids', BiddingPage],
  provers: ['Provers', ProversPage],
  models: ['Models', ModelsPage],
  circuits: ['Circuits', CircuitsPage],
  settlements: ['Settlements', SettlementsPage],
  search: ['Search', SearchPage],
};

const ONES: typeof LISTS = {
  jobs: ['Job', JobPage],
  models: ['Model', ModelPage],
  circuits: ['Circuit', CircuitPage],
  accounts: ['Account', AccountPage],
  settlements: ['Settlement', SettlementPage],
};

const NAVIGATION = ['', 'jobs', 'bidding', 'provers', 'models', 'circuits', 'settlements'];

export function App() {
  const { page, key, query } = usePlace();
  const market = useAnswer('market', (signal) =>
    ask<{ meta: Market }>(`{ meta { ${MARKET_FIELDS} } }`, {}, signal),
  );
  const [title, Page] = (key === '' ? LISTS : ONES)[page] ?? ['Not found', NotFound];
  useEffect(() => {
    document.title =
      page === '' ? 'sliceproof' : `${title}${key === '' ? '' : ` ${key.slice(0, 10)}`} · sliceproof`;
  }, [page, key, title]);
  return (
    <MarketContext.Provider value={market.data?.meta}>
      <a class="skip" href="#main">
        To the content
      </a>
      <header>
        <a class="brand" href="/">
          <img src="/icon.svg" width="28" height="28" alt="" />
          sliceproof
        </a>
        <Search said={query.get('q') ?? ''} />
        <Pulse market={market.data?.meta} failed={market.error !== undefined} />
        <Theme />
      </header>
      <nav aria-label="Pages">
        {NAVIGATION.map((name) => (
          <a key={name} href={`/${name}`} {...(name === page ? { 'aria-current': 'page' as const } : {})}>
            {LISTS[name][0]}
          </a>
        ))}
      </nav>
      <main id="main">
        <h1 tabIndex={-1}>
          {title} {key === '' ? null : <code class="whole">{key}</code>}
        </h1>
        <Page key={`${page}/${key}?${query}`} of={key} query={query} />
      </main>
      <footer>
        Everything here comes from <a href="/graphql">the public GraphQL API</a> of this indexer.
        {market.data === undefined ? null : (
          <>
            {' '}
            Chain {market.data.meta.chainId}, market <code class="whole">{market.data.meta.market}</code>
          </>
        )}
      </footer>
    </MarketContext.Provider>
  );
}

function NotFound(): ComponentChildren {
  return (
    <p class="empty">
      There is no such page. <a href="/">To the overview.</a>
    </p>
  );
}

function Search({ said }: { said: string }) {
  return (
    <form
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get('q');
        const text = typeof given === 'string' ? given.trim() : '';
        if (text !== '') go(`/search?q=${encodeURIComponent(text)}`);
      }}
    >
      <input
        key={said}
        name="q"
        type="search"
        defaultValue={said}
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        aria-label="Job, slice, model, circuit, address or transaction"
        placeholder="Job, slice, model, circuit, address, transaction"
      />
    </form>
  );
}

/** Whether what is shown is of now: the age of the newest indexed block by this machine's clock. */
function Pulse({ market, failed }: { market: Market | undefined; failed: boolean }) {
  const now = useNow();
  if (market === undefined) return <span class="pulse off">{failed ? 'no answer' : '…'}</span>;
  const { state, block } = market;
  const live = !failed && state === 'live';
  const age = block === null ? '' : `block ${block.number}, ${span(Math.max(0, now - block.time))} old`;
  return (
    <span class={live ? 'pulse on' : 'pulse off'} title={age}>
      <i aria-hidden="true" /> {failed ? 'no answer' : state} <span class="block">{block?.number}</span>
    </span>
  );
}

type Theme = 'light' | 'dark';

function Theme() {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem('theme');
    if (kept === 'light' || kept === 'dark') return kept;
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  });
  useEffect(() => {
    document.documentElement.style.colorScheme = theme;
  }, [theme]);
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="theme"
      aria-label={`Show it ${other}`}
      title={`Show it ${other}`}
      onClick={() => {
        localStorage.setItem('theme', other);
        setTheme(other);
      }}
    >
      {theme === 'dark' ? '☀' : '☾'}
    </button>
  );
}
