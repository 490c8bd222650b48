import type { Interface } from 'ethers';
import { ChainError } from './errors.ts';

/**
 * A revert as an error that names what the contract said: `MARKET_` errors keep their Solidity name and
 * arguments. Anything else is returned as it came.
 * @param interfaces the ABIs whose custom errors are known
 */
export function nameRevert(error: unknown, interfaces: readonly Interface[]): unknown {
  const data = revertData(error);
  if (data === undefined) return error;
  for (const abi of interfaces) {
    const parsed = data.length >= 10 ? abi.parseError(data) : null;
    if (!parsed) continue;
    const args: Record<string, unknown> = {};
    parsed.fragment.inputs.forEach((input, i) => (args[input.name || String(i)] = parsed.args[i] as unknown));
    const shown = Object.entries(args).map(([name, value]) => `${name}: ${String(value)}`);
    return new ChainError('CHAIN_REVERTED', `the contract refused: ${parsed.name}(${shown.join(', ')})`, {
      details: { error: parsed.name, ...args },
      cause: error,
    });
  }
  return new ChainError('CHAIN_REVERTED', `the contract refused with unknown data ${data.slice(0, 74)}`, {
    details: { error: undefined, data },
    cause: error,
  });
}

/** The name of the contract's custom error in an error of {@link nameRevert}, if it is one. */
export function revertName(error: unknown): string | undefined {
  return error instanceof ChainError && error.code === 'CHAIN_REVERTED'
    ? (error.details.error as string | undefined)
    : undefined;
}

function revertData(error: unknown): string | undefined {
  const { code, data, info } = (error ?? {}) as {
    code?: unknown;
    data?: unknown;
    info?: { error?: { data?: unknown } };
  };
  if (code !== 'CALL_EXCEPTION') return undefined;
  for (const candidate of [
    data,
    info?.error?.data,
    (info?.error?.data as { data?: unknown } | undefined)?.data,
  ]) {
    if (typeof candidate === 'string' && candidate.startsWith('0x') && candidate.length > 2) return candidate;
  }
  return undefined;
}
