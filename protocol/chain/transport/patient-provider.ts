import { JsonRpcProvider, Network, type JsonRpcError, type JsonRpcPayload, type JsonRpcResult } from 'ethers';
import type { Log } from '../../log.ts';
import { sleep } from '../../sleep.ts';
import { ChainError } from '../errors.ts';
import type { Endpoint, Outcome, Payload } from './endpoint.ts';
import { asksForRange, mayPass } from './faults.ts';

export interface PatientOptions {
  readonly endpoints: readonly Endpoint[];
  readonly log: Log;
  readonly pollingInterval: number;
  /** Milliseconds without any answer after which a request fails; Infinity to wait until the signal. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Milliseconds for which an error that nobody knows is asked again before it is handed on. */
const UNKNOWN_PATIENCE = 2000;

/**
 * After so many tries in vain, or one that took so many milliseconds, it is looked into whether it is the range of blocks that
 * gets no answer.
 */
const TRIES_OF_RANGE = 2;
const LONG_TRY = 10_000;

/** Milliseconds for which an address rests that was found to leave something out. */
const ELSEWHERE = 30_000;

/** What every address has to agree on. */
interface Identity {
  readonly chainId: bigint;
  readonly genesis: string;
}

/** What the addresses are known to serve, once one has said it. */
export class Chain {
  readonly #options: Pick<PatientOptions, 'endpoints' | 'log' | 'patience' | 'signal'>;
  #identity: Identity | undefined;
  #awaySince: number | undefined;
  #said = 0;
  #last: Endpoint | undefined;

  constructor(options: Pick<PatientOptions, 'endpoints' | 'log' | 'patience' | 'signal'>) {
    this.#options = options;
  }

  /** @throws ChainError CHAIN_UNREACHABLE */
  async identity(patience: number): Promise<Identity> {
    // Any request makes an address say who it is.
    await this.ask([request(0, 'eth_chainId', [])], patience);
    return this.#identity as Identity;
  }

  /**
   * Asks until every request has an answer: one address after the other, with pauses, until patience or the signal ends.
   * Answers of the chain that no waiting changes are handed on.
   * @throws ChainError CHAIN_UNREACHABLE (retryable); the signal's reason
   */
  async ask(payloads: readonly Payload[], patience = this.#options.patience): Promise<readonly Outcome[]> {
    const { signal, endpoints } = this.#options;
    const began = performance.now();
    let until = began + patience;
    const answered = new Map<Payload, Outcome>();
    let open = payloads;
    let together = true;
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      const endpoint = this.#next();
      const now = performance.now();
      // The last try is made when patience ends, however long the address would be let rest.
      await pause(Math.min(endpoint.pace.take(now, open.length), until - now), signal);
      const asked = performance.now();
      const outcomes = await this.#askOne(endpoint, open, together, patience);
      const waited = performance.now() - began;
      const looksInto = tries >= TRIES_OF_RANGE || performance.now() - asked > LONG_TRY;
      const tooWide = looksInto && (await this.#isTooWide(endpoint, outcomes));
      for (const outcome of outcomes) {
        if (!('kind' in outcome)) answered.set(outcome.payload, outcome);
        else if (tooWide && mayPass(outcome.kind))
          answered.set(outcome.payload, { ...outcome, kind: 'too-large' });
        else if (outcome.kind === 'too-large' && open.length > 1 && together) continue;
        else if (outcome.kind === 'unknown' && waited > UNKNOWN_PATIENCE)
          answered.set(outcome.payload, outcome);
        else if (!mayPass(outcome.kind)) answered.set(outcome.payload, outcome);
      }
      if (outcomes.some((outcome) => 'kind' in outcome && outcome.kind === 'too-large')) together = false;
      open = payloads.filter((payload) => !answered.has(payload));
      if (open.length === 0) {
        this.#heard();
        return payloads.map((payload) => answered.get(payload) as Outcome);
      }
      const failed = outcomes.find((outcome) => 'kind' in outcome && !answered.has(outcome.payload));
      const reason = failed !== undefined && 'kind' in failed ? failed.reason : 'no answer';
      // Who takes requests and never answered one may be anybody.
      const known = endpoints.filter(({ agrees }) => agrees === true);
      const quietSince = Math.max(began, ...known.map(({ aliveAt }) => aliveAt));
      until = quietSince + patience;
      if (performance.now() >= until) {
        throw new ChainError('CHAIN_UNREACHABLE', `no chain answers at ${endpoint.host}: ${reason}`, {
          retryable: true,
          hint: 'Check the address, and that the chain runs.',
        });
      }
      this.#away(endpoint, reason);
      if (failed !== undefined && 'kind' in failed && failed.kind === 'unknown') await pause(250, signal);
    }
  }

  /** What the address that was asked last says can't be all: the others are asked for a while, if there are any. */
  askElsewhere(): void {
    if (this.#options.endpoints.length > 1) this.#last?.pace.rest(performance.now(), ELSEWHERE);
  }

  /** The one that is ready first; the earlier in the list, the more it is preferred. */
  #next(): Endpoint {
    const now = performance.now();
    const usable = this.#options.endpoints.filter(({ agrees }) => agrees !== false);
    // All of them serving other chains than the first would leave the first, which agrees with itself.
    return usable.find(({ pace }) => pace.readyAt <= now) ?? earliest(usable);
  }

  async #askOne(
    endpoint: Endpoint,
    payloads: readonly Payload[],
    together: boolean,
    patience: number,
  ): Promise<readonly Outcome[]> {
    const { signal, endpoints } = this.#options;
    this.#last = endpoint;
    // At first contact each address has its share of the time: one that never answers must not use up that of the next.
    const timeout = this.#identity === undefined ? Math.max(500, patience / endpoints.length / 2) : undefined;
    const refusal = endpoint.agrees === undefined ? await this.#introduce(endpoint, timeout) : undefined;
    if (refusal !== undefined) return payloads.map((payload) => ({ payload, kind: 'lost', reason: refusal }));
    const most = together ? Math.min(endpoint.mostAtOnce, payloads.length) : 1;
    const outcomes: Outcome[] = [];
    for (let at = 0; at < payloads.length; at += most) {
      const part = await endpoint.ask(payloads.slice(at, at + most), signal);
      outcomes.push(...part);
      // The others would wait as long for nothing.
      if (part.every((outcome) => 'kind' in outcome && outcome.kind === 'lost')) break;
    }
    return outcomes;
  }

  /** Whether an address that is well otherwise has no answer for nothing but ranges of blocks: fewer may get one. */
  async #isTooWide(endpoint: Endpoint, outcomes: readonly Outcome[]): Promise<boolean> {
    const failed = outcomes.filter(
      (outcome) => 'kind' in outcome && mayPass(outcome.kind) && outcome.kind !== 'lagging',
    );
    if (failed.length === 0 || !endpoint.agrees) return false;
    if (!failed.every(({ payload: { method, params } }) => asksForRange(method, params))) return false;
    const { signal } = this.#options;
    await pause(endpoint.pace.take(performance.now()), signal);
    const [head] = await endpoint.ask([request(1, 'eth_blockNumber', [])], signal);
    return !('kind' in head);
  }

  /** Asks an address which chain it serves. @returns why it can't be used now */
  async #introduce(endpoint: Endpoint, timeout: number | undefined): Promise<string | undefined> {
    const { log, signal } = this.#options;
    const [id] = await endpoint.ask([request(1, 'eth_chainId', [])], signal, timeout);
    if ('kind' in id) return id.reason;
    const block0 = request(2, 'eth_getBlockByNumber', ['0x0', false]);
    const [block] = await endpoint.ask([block0], signal, timeout);
    if ('kind' in block) return block.reason;
    const genesis = (block.result as { hash?: unknown } | null)?.hash;
    if (typeof id.result !== 'string' || !/^0x[0-9a-f]+$/i.test(id.result) || typeof genesis !== 'string') {
      endpoint.pace.rest(performance.now(), 1000);
      return 'it names no chain';
    }
    const identity = { chainId: BigInt(id.result), genesis };
    this.#identity ??= identity;
    endpoint.agrees =
      identity.chainId === this.#identity.chainId && identity.genesis === this.#identity.genesis;
    if (endpoint.agrees) return undefined;
    const reason = `it serves chain ${identity.chainId} from ${genesis}, the others ${this.#identity.chainId} from ${this.#identity.genesis}`;
    log.error({ rpc: endpoint.host, reason }, 'RPC serves another chain and is not used');
    return reason;
  }

  #away({ host }: Endpoint, reason: string): void {
    const now = performance.now();
    this.#awaySince ??= now;
    if (this.#said > 0 && now - this.#said < 10_000) return;
    this.#said = now;
    this.#options.log.warn({ rpc: host, reason }, 'waiting for the chain');
  }

  #heard(): void {
    if (this.#awaySince === undefined) return;
    const awaySeconds = (performance.now() - this.#awaySince) / 1000;
    this.#awaySince = undefined;
    this.#said = 0;
    this.#options.log.info({ awaySeconds }, 'chain answers again');
  }
}

/** ethers' provider over {@link Chain}: whatever asks through it is waited for in the same way. */
export class PatientProvider extends JsonRpcProvider {
  readonly #chain: Chain;
  readonly #stop: () => void;

  constructor(chain: Chain, chainId: bigint, pollingInterval: number, stop: () => void) {
    const network = Network.from(chainId);
    super(undefined, network, { staticNetwork: network, pollingInterval, cacheTimeout: -1 });
    this.#chain = chain;
    this.#stop = stop;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const outcomes = await this.#chain.ask([payload].flat());
    const answers = outcomes.map((outcome): JsonRpcResult | JsonRpcError =>
      'kind' in outcome
        ? {
            id: outcome.payload.id,
            error: { code: -32000, message: outcome.reason, ...outcome.error },
          }
        : { id: outcome.payload.id, result: outcome.result },
    );
    // ethers takes errors here too, whatever its type of this method says.
    return answers as JsonRpcResult[];
  }

  /** See {@link Chain.askElsewhere}. */
  askElsewhere(): void {
    this.#chain.askElsewhere();
  }

  override destroy(): void {
    this.#stop();
    super.destroy();
  }
}

function request(id: number, method: string, params: readonly unknown[]): Payload {
  return { id, method, params, jsonrpc: '2.0' };
}

function earliest(endpoints: readonly Endpoint[]): Endpoint {
  return endpoints.reduce((best, one) => (one.pace.readyAt < best.pace.readyAt ? one : best));
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await sleep(milliseconds, signal).catch(() => signal.throwIfAborted());
}
