import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttpServer } from '../../protocol/http-server.ts';
import { keepSecret } from '../../protocol/secrets.ts';
import { Alerts } from '../../prover-node/alerts/alerts.ts';
import { Webhook } from '../../prover-node/alerts/webhook.ts';
import type { Ailment } from '../../prover-node/status/health.ts';
import { until } from '../support/until.ts';
import { listeningLog } from './support/world.ts';

type Message = Readonly<Record<string, unknown>>;

const AWAY: Ailment = { code: 'STORE_AWAY', text: 'no answer from store.example' };
const FULL: Ailment = { code: 'DISK_FULL', text: '3 MiB are free for its data' };

describe('what is told', () => {
  /** Alerts on a node that is as it is set, and a clock that goes when it is told to. */
  function watched(alertAfterSeconds = 60, alertUrl: string | null = 'https://chat.example/hook') {
    const told: Message[] = [];
    const node = {
      health: [] as readonly Ailment[],
      slashed: undefined as bigint | undefined,
      clock: Date.parse('2026-11-29T12:00:00Z'),
      settings: { alertUrl: alertUrl ?? undefined, alertAfterSeconds },
    };
    const alerts = new Alerts({
      webhook: { post: (_, message) => void told.push(message) },
      settings: () => node.settings,
      name: 'north',
      account: () => '0xaB',
      health: () => Promise.resolve(node.health),
      slashed: () => node.slashed,
      amount: (units) => `${units} wei`,
      clock: () => node.clock,
    });
    const looked = async (changes: Partial<typeof node>, seconds = 0): Promise<readonly Message[]> => {
      Object.assign(node, changes);
      node.clock += 1000 * seconds;
      told.length = 0;
      await alerts.look();
      return [...told];
    };
    return looked;
  }

  test('an ailment that lasts, once, and its end', async () => {
    const looked = watched();
    expect(await looked({ health: [AWAY] })).toEqual([]);
    expect(await looked({}, 59)).toEqual([]);
    expect(await looked({}, 1)).toEqual([
      {
        format: 'sliceproof-alert/1',
        text: 'sliceproof node north: STORE_AWAY begins: no answer from store.example',
        at: '2026-11-29T12:01:00.000Z',
        ...{ node: 'north', account: '0xaB', event: 'begins', code: 'STORE_AWAY', because: AWAY.text },
        since: '2026-11-29T12:00:00.000Z',
      },
    ]);
    expect(await looked({}, 600)).toEqual([]);
    // Its words change with its numbers, and another comes and goes.
    expect(await looked({ health: [{ ...AWAY, text: 'no answer from two' }, FULL] }, 5)).toEqual([]);
    expect(await looked({ health: [] }, 5)).toMatchObject([
      { event: 'ends', code: 'STORE_AWAY', seconds: 670 },
    ]);
    // And when it comes again.
    expect(await looked({ health: [AWAY] }, 5)).toEqual([]);
    expect(await looked({}, 60)).toMatchObject([{ event: 'begins', code: 'STORE_AWAY' }]);
  });

  test('nothing of what is over soon, of a stop, and without an address', async () => {
    const looked = watched();
    await looked({ health: [FULL] });
    expect(await looked({ health: [] }, 59)).toEqual([]);
    await looked({ health: [AWAY] });
    expect(await looked({}, 60)).toHaveLength(1);
    // Nothing else is said of a node that stops: what ailed it has not ended.
    await looked({ health: [{ code: 'STOPPING', text: '' }] });
    expect(await looked({}, 900)).toEqual([]);
    const silent = watched(0, null);
    expect(await silent({ health: [FULL] })).toEqual([]);
  });

  test('an address that is named later gets what lasts then', async () => {
    const looked = watched(0, null);
    await looked({ health: [FULL], slashed: 5n });
    const settings = { alertUrl: 'https://chat.example/hook', alertAfterSeconds: 0 };
    expect(await looked({ settings })).toMatchObject([{ event: 'begins', code: 'DISK_FULL' }]);
  });

  test('what was slashed since the first look, each time the difference', async () => {
    const looked = watched();
    expect(await looked({})).toEqual([]);
    expect(await looked({ slashed: 700n })).toEqual([]);
    expect(await looked({ slashed: 1_000n })).toMatchObject([
      { event: 'slashed', code: 'SLASHED', because: '300 wei were slashed' },
    ]);
    expect(await looked({})).toEqual([]);
    // A reorganisation took it back.
    expect(await looked({ slashed: 700n })).toEqual([]);
    expect(await looked({ slashed: 701n })).toMatchObject([{ because: '1 wei were slashed' }]);
  });
});

describe('posting', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** @param answer what becomes of the turn-th request, from 0 */
  async function served(answer: (response: ServerResponse, turn: number) => void) {
    const bodies: string[] = [];
    const server = createHttpServer({}, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => (body += part));
      request.on('end', () => answer(response, bodies.push(body) - 1));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
  }

  function webhook() {
    const { log, lines } = listeningLog();
    const failures: string[] = [];
    const hook = new Webhook({ log, onFailure: (code) => failures.push(code), firstPauseMs: 1 });
    return { hook, lines, failures };
  }

  test('is tried again until it is taken, in order, and has no secret', async () => {
    keepSecret('the-password-of-something');
    const { url, bodies } = await served((response, turn) => {
      if (turn === 1) response.destroy();
      else response.writeHead(turn < 3 ? 503 : 204).end();
    });
    const { hook, failures } = webhook();
    hook.post(url, { event: 'begins', because: 'it says the-password-of-something' });
    hook.post(url, { event: 'ends' });
    await hook.idle();
    const first = JSON.stringify({ event: 'begins', because: 'it says ‹secret›' });
    expect(bodies).toEqual([first, first, first, first, JSON.stringify({ event: 'ends' })]);
    expect(failures).toEqual([]);
  });

  test.each([400, 404, 302])('is not tried again where %i is the answer', async (status) => {
    const { url, bodies } = await served((response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(),
    );
    const { hook, lines, failures } = webhook();
    hook.post(url, { event: 'begins', code: 'DISK_FULL' });
    await hook.idle();
    expect(bodies).toHaveLength(1);
    expect(failures).toEqual(['NODE_ALERT_LOST']);
    expect(lines).toMatchObject([{ level: 'warn', event: 'begins', about: 'DISK_FULL' }]);
  });

  test('nobody waits for one who never answers; 100 wait at most, and the end of the node ends it', async () => {
    const { url, bodies } = await served(() => undefined);
    const { hook, failures } = webhook();
    for (let i = 0; i < 105; i++) hook.post(url, { i });
    // One is under way.
    expect(failures).toHaveLength(4);
    await until(() => bodies.length === 1);
    hook.close();
    await hook.idle();
    expect(bodies).toHaveLength(1);
    expect(failures).toHaveLength(4);
  });
});
