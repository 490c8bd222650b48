import { ChainError } from '../../protocol/chain/errors.ts';
import { revertName } from '../../protocol/chain/revert.ts';
import type { Asset } from '../../protocol/contracts/asset.ts';

/** Which arguments of the market's errors are amounts of the asset. */
const AMOUNTS: Readonly<Record<string, readonly string[]>> = {
  InsufficientBalance: ['available', 'needed'],
  AmountTooLarge: ['amount'],
  TransferAmountMismatch: ['received', 'expected'],
  InvalidUnitPrices: ['minUnitPrice', 'maxUnitPrice'],
  OfferNotRaised: ['unitPrice', 'current'],
};

/** The market counts in 10^-18 of the asset; who reads its refusal doesn't. Other errors stay as they are. */
export function inUnits(error: unknown, asset: Pick<Asset, 'format'>): unknown {
  const name = revertName(error);
  const amounts = AMOUNTS[name ?? ''];
  if (!(error instanceof ChainError) || amounts === undefined) return error;
  const shown = amounts.map((part) => `${part}: ${asset.format(error.details[part] as bigint)}`);
  return new ChainError(error.code, `the contract refused: ${name}(${shown.join(', ')})`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    cause: error,
  });
}
