import type { Numbering, SectionParts, Sums } from '../sums.ts';

/** What a thread is told. Scalars are 32 bytes each, in memory that all threads read. */
export type ToThread = { readonly id: number } & (
  | { readonly kind: 'load'; readonly parts: SectionParts; readonly numbering: Numbering }
  | { readonly kind: 'witness'; readonly scalars: SharedArrayBuffer }
  /** Follows the witness of the same proof: those of H. */
  | { readonly kind: 'quotient'; readonly scalars: SharedArrayBuffer }
);

/** What a thread says to a load or a proof. */
export type FromThread = { readonly id: number } & (
  | { readonly kind: 'loaded' }
  /** The sums of its share. */
  | { readonly kind: 'sums'; readonly sums: Sums }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
);
