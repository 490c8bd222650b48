import { verifyMessage } from 'ethers';
import { z } from 'zod';
import { sha256Schema } from './digest.ts';
import { StoreError, VISIBILITIES } from './store.ts';

/** Header with the signature of a request. */
export const SIGNATURE_HEADER = 'x-sliceproof-signature';

/** Seconds that a signature counts, before and after its time: clocks differ, and a line may be slow. */
const FRESH_SECONDS = 300;

export const visibilitySchema = z.enum(VISIBILITIES);

const addressSchema = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

const claimSchema = z.object({
  method: z.enum(['GET', 'PUT']),
  sha256: sha256Schema,
  /** The store's address as the signer knows it: a signature for one store is worth nothing at another. */
  store: z.string().max(512),
  /** Seconds since 1970. */
  time: z.coerce.number().int().nonnegative(),
  /** Of an upload; 0 otherwise. */
  bytes: z.coerce.number().int().nonnegative(),
  visibility: visibilitySchema,
  /** Whom the signer acts for: itself, or an account that named it its operator. */
  account: addressSchema,
});

/** What is signed. */
export type StoreClaim = z.infer<typeof claimSchema>;

/** Signs requests as one account. */
export interface StoreIdentity {
  /** Whom it acts for. */
  readonly account: string;
  /** An EIP-191 signature of a text. */
  signMessage(text: string): Promise<string>;
}

/** The text that EIP-191 signs. */
function messageOf({ method, sha256, store, bytes, visibility, account, time }: StoreClaim): string {
  return [
    'sliceproof artifact store',
    `${method} ${sha256}`,
    `store: ${store}`,
    `bytes: ${bytes}`,
    `visibility: ${visibility}`,
    `account: ${account.toLowerCase()}`,
    `time: ${time}`,
  ].join('\n');
}

/** The value of the header that carries the signature. @param request what is asked for, and when by the store's clock */
export async function signRequest(
  identity: StoreIdentity,
  request: Omit<StoreClaim, 'account'>,
): Promise<string> {
  const { account } = identity;
  const claim = { ...request, account };
  const fields = {
    signature: await identity.signMessage(messageOf(claim)),
    time: String(claim.time),
    bytes: String(claim.bytes),
    visibility: claim.visibility,
    account,
    store: claim.store,
  };
  return new URLSearchParams(fields).toString();
}

/** A request whose signature holds. */
export interface SignedRequest extends StoreClaim {
  /** Whose key signed. */
  readonly signer: string;
}

/**
 * Reads the header of a request.
 * @param now seconds since 1970
 * @param isOwn whether an address is one of this store's
 * @throws StoreError STORE_UNAUTHORISED with what is wrong
 */
export function readSignature(
  header: string,
  { method, sha256 }: Pick<StoreClaim, 'method' | 'sha256'>,
  { now, isOwn }: { readonly now: number; readonly isOwn: (store: string) => boolean },
): SignedRequest {
  const fields = Object.fromEntries(new URLSearchParams(header.slice(0, 4096)));
  const parsed = claimSchema.safeParse({ ...fields, method, sha256 });
  if (!parsed.success)
    throw unauthorised(`the signature’s header is malformed: ${z.prettifyError(parsed.error)}`);
  const claim = parsed.data;
  if (!isOwn(claim.store)) {
    throw unauthorised(`the request was signed for ${claim.store}, which is not this store`, {
      hint: 'If it is one of the store’s addresses, its operator names it with public-url.',
    });
  }
  if (Math.abs(now - claim.time) > FRESH_SECONDS) {
    throw unauthorised(`the request was signed at ${claim.time}, here it is ${now}`, {
      hint: `Set the clock: more than ${FRESH_SECONDS} s are not taken.`,
    });
  }
  try {
    return { ...claim, signer: verifyMessage(messageOf(claim), fields.signature ?? '') };
  } catch (cause) {
    throw unauthorised('the signature is none', { cause });
  }
}

/** A refusal for want of a signature that counts. */
export function unauthorised(
  message: string,
  more: { readonly hint?: string; readonly cause?: unknown } = {},
): StoreError {
  return new StoreError('STORE_UNAUTHORISED', message, more);
}
