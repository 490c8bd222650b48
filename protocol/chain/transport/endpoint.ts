import { encodeBase64, toUtf8Bytes } from 'ethers';
import { z } from 'zod';
import { boundedText } from '../../body.ts';
import { withoutSecrets } from '../../secrets.ts';
import { classifyRpcFault, classifyStatus, retryAfter, type FaultKind } from './faults.ts';
import { Pace } from './pace.ts';
import { isNoAnswer } from './shapes.ts';

export interface Payload {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
  readonly jsonrpc: '2.0';
}

const errorSchema = z.object({
  code: z.coerce.number().catch(-32603),
  message: z.string().catch('').transform(withoutSecrets),
  data: z.unknown().optional(),
});
const answerSchema = z.looseObject({
  id: z.unknown().optional(),
  error: errorSchema.nullish(),
  result: z.unknown().optional(),
});

/** One request's outcome: its result, or a fault, with the RPC's own error where there is one. */
export type Outcome =
  | { readonly payload: Payload; readonly result: unknown }
  | {
      readonly payload: Payload;
      readonly kind: FaultKind;
      readonly reason: string;
      readonly error?: z.infer<typeof errorSchema>;
    };

/** Milliseconds after which one RPC request counts as lost. */
const REQUEST_TIMEOUT = 30_000;
/** Bytes of one answer at most: what is longer is asked for in pieces. Services of repute stop at 10 to 150 MB. */
const MAX_RESPONSE = 64 << 20;

/** One address of a chain's RPC. */
export class Endpoint {
  /** How it is called in logs: the address may carry a key. */
  readonly host: string;
  readonly pace: Pace;
  /** Whether it was found to serve the chain that the others serve; undefined before it was asked. */
  agrees: boolean | undefined;
  /** Failures since its last answer. */
  failures = 0;
  /** Requests that it takes at once, learned from what it refuses. Some take three, some one. */
  mostAtOnce = Number.POSITIVE_INFINITY;
  /** When it last took a request and was too busy to answer: a sign of life (milliseconds, `performance.now`). */
  aliveAt = Number.NEGATIVE_INFINITY;
  readonly #url: string;

  /** @param rate calls a second at most; undefined: what it bears */
  constructor(url: string, rate?: number) {
    this.#url = url;
    this.host = new URL(url).host;
    this.pace = new Pace(rate);
  }

  /**
   * Asks once. Never throws but for the signal: whatever comes is an outcome of each request.
   * @param timeout milliseconds after which it counts as lost
   */
  async ask(
    payloads: readonly Payload[],
    signal: AbortSignal,
    timeout: number = REQUEST_TIMEOUT,
  ): Promise<readonly Outcome[]> {
    const whole = (kind: FaultKind, reason: string): readonly Outcome[] =>
      payloads.map((payload) => ({ payload, kind, reason: withoutSecrets(reason) }));
    let response: Response;
    let text: string;
    try {
      const url = new URL(this.#url);
      const user = [url.username, url.password].map(decodeURIComponent).join(':');
      url.username = url.password = '';
      response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(user === ':' ? {} : { authorization: `Basic ${encodeBase64(toUtf8Bytes(user))}` }),
        },
        body: JSON.stringify(payloads.length === 1 ? payloads[0] : payloads),
        signal: AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, REQUEST_TIMEOUT))]),
      });
      const read = await boundedText(response, MAX_RESPONSE);
      if (read === undefined) {
        const long = `an answer of more than ${MAX_RESPONSE} bytes`;
        // Only events can be so many, and only of several requests a part be asked for.
        if (payloads.length > 1 || payloads[0].method === 'eth_getLogs') return whole('too-large', long);
        this.#failed();
        return whole('lost', long);
      }
      text = read;
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Error).name === 'TimeoutError') this.aliveAt = performance.now();
      this.#failed();
      return whole('lost', reasonOf(error));
    }
    const answers = parseAnswers(text);
    if (answers === undefined) {
      const kind = classifyStatus(response.status, payloads.length);
      if (kind === 'too-large') this.#takesFewer(payloads.length);
      this.#heed(kind, response);
      return whole(kind, `HTTP ${response.status} and no JSON-RPC: ${text.slice(0, 80) || 'nothing'}`);
    }
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    // A refusal of everything at once has no id, or one object for a whole batch.
    const common =
      answers.length === 1 && answers[0].error && !byId.has(payloads[0].id) ? answers[0] : undefined;
    const lone = payloads.length > 1 && answers.length === 1 && answers[0].error ? answers[0] : common;
    const outcomes = payloads.map((payload): Outcome => {
      const answer = lone ?? byId.get(payload.id);
      if (answer === undefined) return { payload, kind: 'lost', reason: 'an answer to another request' };
      if (answer.error) {
        const said = response.status === 429 ? 'busy' : classifyRpcFault(answer.error);
        // One no to all: each may have an answer by itself.
        const together = answer === lone && payloads.length > 1 && !/^(busy|lost|lagging)$/.test(said);
        const kind = together ? 'too-large' : said;
        if (together || /\bbatch/i.test(answer.error.message)) this.#takesFewer(payloads.length);
        return {
          payload,
          kind,
          reason: answer.error.message || `error ${answer.error.code}`,
          error: answer.error,
        };
      }
      if (!response.ok) {
        return {
          payload,
          kind: classifyStatus(response.status, payloads.length),
          reason: `HTTP ${response.status}`,
        };
      }
      if (isNoAnswer(payload.method, payload.params, answer.result)) {
        const said = (JSON.stringify(answer.result) ?? 'nothing').slice(0, 80);
        return { payload, kind: 'lost', reason: `no answer to ${payload.method}: ${withoutSecrets(said)}` };
      }
      return { payload, result: answer.result };
    });
    const faults = outcomes.flatMap((outcome) => ('kind' in outcome ? [outcome.kind] : []));
    const worst = (['busy', 'lost', 'lagging'] as const).find((kind) => faults.includes(kind));
    this.#heed(worst, response);
    return outcomes;
  }

  #takesFewer(than: number): void {
    this.mostAtOnce = Math.max(1, Math.min(this.mostAtOnce, than >> 1));
  }

  #heed(kind: FaultKind | undefined, response: Response): void {
    const now = performance.now();
    if (kind === 'busy')
      this.pace.complained(now, retryAfter(response.headers.get('retry-after'), Date.now()));
    else if (kind === 'lost' || kind === 'lagging') this.#failed();
    else {
      this.failures = 0;
      this.pace.answered();
    }
  }

  #failed(): void {
    this.failures++;
    // With jitter, so that many who lost it don't come back as one.
    const rest = Math.min(5000, 125 * 2 ** Math.min(this.failures, 6));
    this.pace.rest(performance.now(), rest * (0.5 + Math.random() / 2));
  }
}

function parseAnswers(text: string): readonly z.infer<typeof answerSchema>[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = z
    .array(answerSchema)
    .min(1)
    .safeParse(Array.isArray(json) ? json : [json]);
  if (!parsed.success) return undefined;
  return parsed.data.some(({ error, result, id }) => error || result !== undefined || id !== undefined)
    ? parsed.data
    : undefined;
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
