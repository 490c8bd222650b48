import { useEffect } from 'preact/hooks';
import { ask } from '../data/ask.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Answered, Card, Empty } from '../parts/show.tsx';
import { go, type PageProps } from '../router.ts';

interface Hit {
  readonly what: string;
  readonly href: string;
}

/** One box for everything that has a key. A single hit is gone to at once. */
export function SearchPage({ query }: PageProps) {
  const text = (query.get('q') ?? '').trim();
  const asked = useAnswer(`search ${text}`, (signal) => search(text, signal));
  const only = asked.data?.length === 1 ? asked.data[0].href : undefined;
  useEffect(() => {
    if (only !== undefined) go(only, true);
  }, [only]);
  return (
    <Answered asked={asked}>
      {(hits) =>
        hits.length === 0 ? (
          <Empty>
            {text === ''
              ? 'What begins with 0x and some digits is looked for among jobs, models, accounts and transactions; a job’s id with a colon and a number is a slice, a number a circuit, and other text a part of a model’s name.'
              : `Nothing in this market is called ${text.slice(0, 100)}.`}
          </Empty>
        ) : (
          <Card title={`${hits.length} found`}>
            <ul class="hits">
              {hits.map(({ what, href }) => (
                <li key={href}>
                  <a href={href}>{what}</a>
                </li>
              ))}
            </ul>
          </Card>
        )
      }
    </Answered>
  );
}

interface SearchHit {
  readonly kind: 'JOB' | 'SLICE' | 'MODEL' | 'CIRCUIT' | 'ACCOUNT' | 'TRANSACTION';
  readonly key: string;
  readonly name: string | null;
  /** Of a transaction: there is one where it settled slices. */
  readonly node: object | null;
}

const PAGES = {
  JOB: ['job', '/jobs/'],
  MODEL: ['model', '/models/'],
  CIRCUIT: ['circuit', '/circuits/'],
  ACCOUNT: ['account', '/accounts/'],
  TRANSACTION: ['settlement', '/settlements/'],
} as const;

const SEARCH = 'query ($text: String!) { search(text: $text) { kind key name node { nodeId } } }';

async function search(text: string, signal: AbortSignal): Promise<readonly Hit[]> {
  if (text === '') return [];
  const found = await ask<{ search: readonly SearchHit[] }>(SEARCH, { text }, signal);
  const hits = await Promise.all(found.search.map((hit) => pagesOf(hit, signal)));
  return hits.flat();
}

/** Where what was found is shown: of a transaction that settled nothing, what it moved. */
async function pagesOf(hit: SearchHit, signal: AbortSignal): Promise<readonly Hit[]> {
  const { kind, key, name, node } = hit;
  if (kind === 'SLICE') {
    const [jobId, index] = key.split(':');
    return [{ what: `slice ${index} of job ${jobId}`, href: `/jobs/${jobId}?slice=${index}` }];
  }
  if (kind === 'TRANSACTION' && node === null) return movedBy(key, signal);
  const [what, page] = PAGES[kind];
  return [{ what: `${what} ${key}${name === null ? '' : `, called ${name}`}`, href: `${page}${key}` }];
}

interface Moved {
  readonly jobs: { readonly nodes: readonly { readonly id: string }[] };
  readonly bids: { readonly nodes: readonly { readonly slice: { readonly id: string } }[] };
  readonly ledger: {
    readonly nodes: readonly {
      readonly account: { readonly id: string };
      readonly job: { readonly id: string } | null;
    }[];
  };
}

const MOVED = `query ($id: Bytes32!) {
  jobs(first: 5, where: { transactionHash: { equals: $id } }) { nodes { id } }
  bids(first: 20, where: { transactionHash: { equals: $id } }) { nodes { slice { id } } }
  ledger(first: 20, where: { transactionHash: { equals: $id } }) { nodes { account { id } job { id } } }
}`;

async function movedBy(transactionHash: string, signal: AbortSignal): Promise<readonly Hit[]> {
  const { jobs, bids, ledger } = await ask<Moved>(MOVED, { id: transactionHash }, signal);
  const jobIds = new Set([
    ...jobs.nodes.map(({ id }) => id),
    ...bids.nodes.map(({ slice }) => slice.id.split(':')[0]),
    ...ledger.nodes.flatMap(({ job }) => (job === null ? [] : [job.id])),
  ]);
  const accounts = new Set(ledger.nodes.map(({ account }) => account.id));
  const by = `moved by transaction ${transactionHash}`;
  return [
    ...[...jobIds].map((id) => ({ what: `job ${id}, ${by}`, href: `/jobs/${id}` })),
    ...[...accounts].map((id) => ({ what: `account ${id}, ${by}`, href: `/accounts/${id}` })),
  ];
}
