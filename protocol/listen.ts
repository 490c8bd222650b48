import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from './config.ts';
import type { ErrorDetails, SliceproofError } from './errors.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whose port it is, and the setting's name in the file: said when it can't be had. */
  readonly service: Service;
  readonly setting: 'port' | 'status-port';
  /** The error of the side that listens. */
  readonly failure: (message: string, details: ErrorDetails) => SliceproofError;
}

/**
 * Has a server listen.
 * @returns its address, as others reach it
 * @throws what `failure` makes, with a hint that names the setting to change
 */
export async function listen(server: Server, options: ListenOptions): Promise<string> {
  const { host, port, service, setting, failure } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const variable = `SLICEPROOF_${service}_${setting}`.replaceAll('-', '_').toUpperCase();
      const address = setting.replace('port', 'host');
      const taken = cause.code === 'EADDRINUSE';
      const reason = taken ? 'another process listens there' : cause.message;
      reject(
        failure(`could not listen on ${host}:${port}: ${reason}`, {
          hint: `Set another --${setting} (${setting} in the file, ${variable} in the environment); 0 takes a free one.${
            taken ? '' : ` The address is --${address}.`
          }`,
          details: { host, port, setting, reason: cause.code },
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}
