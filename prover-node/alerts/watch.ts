import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../protocol/log.ts';
import { Alerts, type AlertsOptions } from './alerts.ts';
import { Webhook } from './webhook.ts';

/** Milliseconds between looks at the node. */
const LOOK_MS = 5000;

/** Has alerts posted until it is closed. */
export function watchForAlerts({
  log,
  onFailure,
  ...options
}: Omit<AlertsOptions, 'webhook'> & {
  readonly log: Log;
  readonly onFailure: (code: string) => void;
}): { close(): void } {
  const webhook = new Webhook({ log, onFailure });
  const alerts = new Alerts({ ...options, webhook });
  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await alerts.look().catch((error: unknown) => log.warn({ err: error }, 'looking for alerts failed'));
      await sleep(LOOK_MS, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
    }
  };
  void watch();
  return {
    close() {
      ended.abort();
      webhook.close();
    },
  };
}
