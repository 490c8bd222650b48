import { isTooMuch } from './limits.ts';

/**
 * Sends items in as few transactions as may hold them: halves of what takes too much gas, or too many bytes, for one. That is
 * found before anything is signed.
 * @param send sends some of them in one transaction
 * @throws what `send` throws; what is too much by itself with its ChainError
 */
export async function sendInParts<Item>(
  items: readonly Item[],
  send: (part: readonly Item[]) => Promise<void>,
): Promise<void> {
  try {
    await send(items);
  } catch (error) {
    if (items.length < 2 || !isTooMuch(error)) throw error;
    const middle = Math.ceil(items.length / 2);
    await sendInParts(items.slice(0, middle), send);
    await sendInParts(items.slice(middle), send);
  }
}
