import { useEffect, useRef, useState } from 'preact/hooks';
import { useTide } from './live.ts';

/** An answer under way, had, or failed; what was had stays while it is asked for again. */
export interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly again: () => void;
}

/**
 * Asks, and again whenever the market may have changed.
 * @param key what the answer depends on: another key is another question
 */
export function useAnswer<Data>(key: string, question: (signal: AbortSignal) => Promise<Data>): Asked<Data> {
  const tide = useTide();
  const [asks, setAsks] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; data: Data | undefined; error: unknown }>();
  const latest = useRef(question);
  latest.current = question;
  useEffect(() => {
    const stop = new AbortController();
    latest
      .current(stop.signal)
      .then((data) => setAnswer({ key, data, error: undefined }))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        setAnswer((before) => ({ key, data: before?.key === key ? before.data : undefined, error }));
      });
    return () => stop.abort();
  }, [key, tide, asks]);
  const current = answer?.key === key ? answer : undefined;
  return { data: current?.data, error: current?.error, again: () => setAsks((before) => before + 1) };
}
