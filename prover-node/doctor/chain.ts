import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { headOf } from '../../protocol/chain/head.ts';
import { Endpoint, type Outcome } from '../../protocol/chain/transport/endpoint.ts';
import { keepAddressSecret } from '../../protocol/secrets.ts';
import { clockAilments } from '../status/health.ts';
import { ill, look, ok, type Finding } from './finding.ts';

/** Milliseconds that an RPC has for one answer. */
const PATIENCE = 8_000;
/** Requests at once that a node makes now and then. */
const BURST = 20;
/** Milliseconds of an answer that make a node late. */
const SLOW = 2_000;

/** What one address of the RPC said. */
export interface Examined {
  readonly findings: readonly Finding[];
  /** Whether a node can work with it. */
  readonly usable: boolean;
}

/**
 * Asks one address of the RPC for what a node asks: the chain, its head, the market's code, and many things at once. Asked as
 * it is, without the patience that a node has, so that what a node would wait out is seen.
 */
export async function examineRpc(
  address: string,
  { chainId, addresses }: Deployment,
  rate?: number,
): Promise<Examined> {
  keepAddressSecret(address);
  const endpoint = new Endpoint(address, rate);
  const what = `rpc ${endpoint.host}`;
  const not = (found: string, todo: string): Examined => ({
    findings: [ill(what, found, todo)],
    usable: false,
  });
  const begun = performance.now();
  const [chain, block, code] = await ask(endpoint, [
    ['eth_chainId', []],
    ['eth_getBlockByNumber', ['latest', false]],
    ['eth_getCode', [addresses.market, 'latest']],
  ]);
  const milliseconds = performance.now() - begun;
  const failed = [chain, block, code].find((outcome) => 'kind' in outcome);
  if (failed && 'kind' in failed) {
    const rest = failed.kind === 'busy' ? ' It refuses as too much what a node asks.' : '';
    return not(
      `no answer to ${failed.payload.method}: ${failed.reason}`,
      `Check the address, and that the chain runs.${rest}`,
    );
  }
  const [served, bytes] = [resultOf(chain), resultOf(code)].map(String);
  if (!/^0x[0-9a-f]+$/i.test(served) || BigInt(served) !== BigInt(chainId)) {
    return not(
      `serves chain ${isHex(served) ? BigInt(served) : 'without an id'}, the deployment is on ${chainId}`,
      'Name an RPC of that chain, or the deployment of this one.',
    );
  }
  if (!isHex(bytes) || bytes === '0x') {
    return not(
      `has no market at ${addresses.market}`,
      'Name the deployment that the chain has: it may have begun anew.',
    );
  }
  const answered = `chain ${chainId}, answers in ${milliseconds.toFixed(0)} ms`;
  return {
    usable: true,
    findings: [
      milliseconds > SLOW
        ? look(what, answered, 'Name a quicker one first: what is late leaves less time for proofs.')
        : ok(what, answered),
      clockFinding(endpoint.host, resultOf(block)),
      ...(await burstFindings(endpoint, what)),
    ],
  };
}

/** The machine's clock beside the chain's, and whether the chain goes on. */
function clockFinding(host: string, block: unknown): Finding {
  const what = `clock by ${host}`;
  const head = headOf(block);
  if (!head) return ill(what, 'the last block came as something else', 'Name another RPC.');
  const [ailment] = clockAilments({ head, clock: Date.now() / 1000, blockSeconds: 0 });
  switch (ailment?.code) {
    case undefined:
      return ok(what, `agrees with block ${head.number.toLocaleString('en-US')}`);
    case 'CLOCK_OFF':
      return ill(what, ailment.text, 'Set the machine’s clock (ntp): times are compared with it.');
    default:
      return look(
        what,
        ailment.text,
        'A chain that mines on demand may stand; else look at the clock and the RPC.',
      );
  }
}

/** Whether it bears what a node asks at once. */
async function burstFindings(endpoint: Endpoint, what: string): Promise<Finding[]> {
  const asked = Array.from({ length: BURST }, () => ask(endpoint, [['eth_blockNumber', []]]));
  const refused = (await Promise.all(asked)).flat().filter((outcome) => 'kind' in outcome).length;
  return refused === 0
    ? []
    : [
        look(
          what,
          `refuses ${refused} of ${BURST} requests at once`,
          'A node waits and asks again; rpc-rate spares the refusals, a second address helps.',
        ),
      ];
}

type Call = readonly [method: string, params: unknown];

function ask(endpoint: Endpoint, calls: readonly Call[]): Promise<readonly Outcome[]> {
  const payloads = calls.map(([method, params], id) => ({ id, method, params, jsonrpc: '2.0' as const }));
  return endpoint.ask(payloads, new AbortController().signal, PATIENCE);
}

function resultOf(outcome: Outcome): unknown {
  return 'result' in outcome ? outcome.result : undefined;
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value);
}
