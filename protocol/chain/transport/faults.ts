/** What a failed request means for whoever sent it. */
export type FaultKind =
  /** Too many requests: later, and slower from now on. */
  | 'busy'
  /** No answer, or none that is one: again, elsewhere if possible. */
  | 'lost'
  /** This machine has not got a block yet (or any more) that another has. */
  | 'lagging'
  /** The same in smaller pieces: fewer blocks, fewer requests in a batch. */
  | 'too-large'
  /** The contract said no. */
  | 'reverted'
  /** Something about a transaction: its nonce, its fee, its account's coins. The sender decides. */
  | 'transaction'
  /** Wrong for any chain: an unknown method, malformed parameters. */
  | 'refused'
  /** Nothing known: tried again for a while, then handed on as it came. */
  | 'unknown';

export interface RpcFault {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
}

interface Rule {
  readonly kind: FaultKind;
  readonly codes?: readonly number[];
  readonly says?: RegExp;
}

/** The first rule that holds counts. A rule with both needs both. Services word the same thing in many ways. */
const RULES: readonly Rule[] = [
  { kind: 'reverted', codes: [3] },
  { kind: 'reverted', says: /revert/i },
  { kind: 'too-large', says: /\bbatch/i },
  {
    kind: 'busy',
    says: /rate.?limit|per (second|minute|hour|day)|(per|in|each|every) \d+ ?(s|seconds|minutes)\b|\d ?rps\b/i,
  },
  {
    // Of a range that this machine has no end of yet: another has, or it itself in a moment.
    kind: 'lagging',
    says: /beyond (the )?(current )?(head|latest)|(greater|higher|larger) than (the )?(latest|current|head)|block .*in the future|unfinali[sz]ed|invalid block range|blocks? .*cannot be found/i,
  },
  {
    kind: 'too-large',
    says: /block range|range .*(too (large|wide|big)|exceed|limit|allowed)|exceed.* range|ranges? over|(log )?response size|more than [\d.,]+ ?k? (results|logs|events)|too many (results|logs|blocks|events)|(number of|maximum|at most|requested) (\S+ )?blocks|limited to (a )?\d+|exceed(s|ed)? max(imum)? (results|block)|(logs?|results?|events?) .*exceed.* limit|smaller than size|response (is )?too (big|large)|query timeout exceeded|payload too large/i,
  },
  {
    kind: 'busy',
    says: /too many requests|compute units|throughput|request (count|limit)|(quota|capacity).*exceed|exceed.*(quota|capacity)|slow down|try again later/i,
  },
  { kind: 'busy', codes: [-32005, -32029, 429] },
  {
    kind: 'transaction',
    says: /nonce|already ?known|already imported|known transaction|existing tx|underpriced|insufficient ?funds|max fee per gas|fee ?too ?low|tip (above|cap)|intrinsic gas|exceeds? (block )?gas limit|gas ?limit ?(too|exceed)|txpool|account limit|oversized|transaction (type|size)|priority fee|already in (mempool|cache|pool)|exceeds account balance|overdraft|in-flight transaction|future transaction/i,
  },
  {
    kind: 'lagging',
    says: /header (for hash )?not found|block (was )?not found|unknown block|missing trie node|(resource|state).*not (found|available)|block .*(out of range|not available|pruned)|blockoutofrange|after last accepted|distance to target block/i,
  },
  { kind: 'lagging', codes: [-32001] },
  { kind: 'refused', codes: [-32600, -32601, -32602, -32700] },
  {
    kind: 'refused',
    says: /gas required exceeds|out of gas|invalid opcode|stack (under|over)flow|method .*not (found|supported|available|exist)/i,
  },
  { kind: 'lost', codes: [-32603, -32002] },
  {
    kind: 'lost',
    says: /no backend|temporar|please retry|upstream|cannot fulfill|can.t route|overloaded|unavailable|not healthy/i,
  },
];

/** What a JSON-RPC error object means. */
export function classifyRpcFault({ code, message, data }: RpcFault): FaultKind {
  // Hardhat says -32603 and brings the contract's words along.
  const words = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data;
  if (typeof words === 'string' && /^0x([0-9a-f]{8})+/i.test(words)) return 'reverted';
  const text = typeof message === 'string' ? message : '';
  for (const { kind, codes, says } of RULES) {
    if (codes !== undefined && !codes.includes(Number(code))) continue;
    if (says !== undefined && !says.test(text)) continue;
    return kind;
  }
  return 'unknown';
}

/**
 * What an HTTP status means whose body is no JSON-RPC.
 * @param requests of the batch: what can't read one at all calls it a bad request
 */
export function classifyStatus(status: number, requests: number): FaultKind {
  if (status === 429 || status === 503) return 'busy';
  if (status === 413 || (requests > 1 && [400, 404, 405, 406, 415, 422, 501].includes(status)))
    return 'too-large';
  return 'lost';
}

/** Kinds that another try of the same request may help. */
export function mayPass(kind: FaultKind): boolean {
  return kind === 'busy' || kind === 'lost' || kind === 'lagging' || kind === 'unknown';
}

/** Whether it asks for the events of several blocks, which some say they can't give in no words that say so. */
export function asksForRange(method: string, params: unknown): boolean {
  const [filter] = method === 'eth_getLogs' && Array.isArray(params) ? (params as unknown[]) : [];
  if (typeof filter !== 'object' || filter === null) return false;
  const { fromBlock, toBlock, blockHash } = filter as Readonly<Record<string, unknown>>;
  return blockHash === undefined && fromBlock !== toBlock;
}

/** Milliseconds of a Retry-After header: seconds, or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 120_000) : undefined;
}
