import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Asset } from './format.ts';

export interface Block {
  readonly number: number;
  readonly time: number;
}

/** What every page needs to know of the market. */
export interface Market {
  readonly chainId: number;
  readonly market: string;
  readonly asset: Asset & { readonly address: string };
  readonly state: string;
  readonly block: Block | null;
  readonly lastEvent: Block | null;
}

export const MARKET_FIELDS = `chainId market state asset { address symbol decimals }
  block { number time } lastEvent { number time }`;

export const MarketContext = createContext<Market | undefined>(undefined);

/** Undefined until it is known. */
export function useAsset(): Asset | undefined {
  return useContext(MarketContext)?.asset;
}

/** Seconds since 1970; a chain whose clock is ahead of this machine's is believed. Moves once a second. */
export function useNow(): number {
  const block = useContext(MarketContext)?.block;
  const [wall, setWall] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const ticking = setInterval(() => setWall(Date.now() / 1000), 1000);
    return () => clearInterval(ticking);
  }, []);
  return Math.max(Math.floor(wall), block?.time ?? 0);
}
