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
              ? 'A job, model or transaction is 0x and 64 digits, an account 0x and 40, a slice its job’s id with a colon and its number, a circuit a number.'
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

interface Found {
  readonly job: { id: string } | null;
  readonly model: { id: string } | null;
  readonly settlement: { id: string } | null;
  readonly jobs: { nodes: readonly { id: string }[] };
  readonly bids: { nodes: readonly { slice: { id: string } }[] };
  readonly ledger: { nodes: readonly { account: { id: string }; job: { id: string } | null }[] };
}

async function search(text: string, signal: AbortSignal): Promise<readonly Hit[]> {
  if (/^\d{1,9}$/.test(text)) {
    const { circuit } = await ask<{ circuit: { id: string } | null }>(
      'query ($id: ID!) { circuit(id: $id) { id } }',
      { id: text },
      signal,
    );
    return circuit === null ? [] : [{ what: `circuit ${circuit.id}`, href: `/circuits/${circuit.id}` }];
  }
  if (/^0x[0-9a-f]{40}$/i.test(text)) {
    const { account } = await ask<{ account: { id: string } | null }>(
      'query ($id: Address!) { account(address: $id) { id } }',
      { id: text },
      signal,
    );
    return account === null ? [] : [{ what: `account ${account.id}`, href: `/accounts/${account.id}` }];
  }
  const [, key, slice] = /^(0x[0-9a-f]{64})(?::(\d{1,3}))?$/i.exec(text) ?? [];
  if (key === undefined) return [];
  const found = await ask<Found>(
    `query ($id: Bytes32!) {
       job(id: $id) { id } model(id: $id) { id } settlement(transactionHash: $id) { id }
       jobs(first: 5, where: { transactionHash: { equals: $id } }) { nodes { id } }
       bids(first: 20, where: { transactionHash: { equals: $id } }) { nodes { slice { id } } }
       ledger(first: 20, where: { transactionHash: { equals: $id } }) { nodes { account { id } job { id } } }
     }`,
    { id: key },
    signal,
  );
  if (found.job !== null) {
    const row = slice === undefined ? '' : `?slice=${slice}`;
    return [{ what: `job ${found.job.id}`, href: `/jobs/${found.job.id}${row}` }];
  }
  const jobs = [
    ...found.jobs.nodes.map(({ id }) => id),
    ...found.bids.nodes.map((bid) => bid.slice.id.split(':')[0]),
    ...found.ledger.nodes.flatMap(({ job }) => (job === null ? [] : [job.id])),
  ];
  const hits = [
    ...(found.model === null ? [] : [{ what: `model ${found.model.id}`, href: `/models/${found.model.id}` }]),
    ...(found.settlement === null
      ? []
      : [{ what: `settlement ${found.settlement.id}`, href: `/settlements/${found.settlement.id}` }]),
  ];
  if (hits.length > 0) return hits;
  const accounts = new Set(found.ledger.nodes.map(({ account }) => account.id));
  return [
    ...[...new Set(jobs)].map((id) => ({
      what: `job ${id}, moved by this transaction`,
      href: `/jobs/${id}`,
    })),
    ...[...accounts].map((id) => ({
      what: `account ${id}, moved by this transaction`,
      href: `/accounts/${id}`,
    })),
  ];
}
