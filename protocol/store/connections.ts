import type { Server } from 'node:http';

export interface ConnectionLimits {
  /** Connections at once. */
  readonly total: number;
  /** Connections at once from one network address. */
  readonly perAddress: number;
}

/**
 * Lets no more connections in than a server can bear: those above are closed at once, and one address can't take all places.
 * @param refused called with the address of each that is turned away
 */
export function limitConnections(
  server: Server,
  { total, perAddress }: ConnectionLimits,
  refused: (address: string) => void,
): void {
  server.maxConnections = total;
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count <= perAddress) return;
    refused(address);
    socket.destroy();
  });
}
