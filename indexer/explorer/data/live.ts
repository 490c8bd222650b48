import { useEffect, useState } from 'preact/hooks';

const CHANGES = 'subscription { sliceChanged { id } }';
/** Many slices change with one block: what is shown is asked for once. */
const GATHER_MS = 700;
/** What no slice tells of (a claim, a deposit, the head) is looked for so often. */
const LOOK_MS = 10_000;
const AGAIN_MS = 3000;

type Listener = () => void;

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let gathering: ReturnType<typeof setTimeout> | undefined;
let looking: ReturnType<typeof setInterval> | undefined;
let waiting: ReturnType<typeof setTimeout> | undefined;

function tell(): void {
  if (document.hidden) return;
  gathering ??= setTimeout(() => {
    gathering = undefined;
    for (const listener of listeners) listener();
  }, GATHER_MS);
}

/** Server-sent events; one connection for the whole page. It ends when the server may have missed something: ask again. */
function open(): void {
  source = new EventSource(`/graphql?query=${encodeURIComponent(CHANGES)}`);
  source.addEventListener('next', tell);
  const reopen = (): void => {
    source?.close();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (listeners.size === 0) return;
      open();
      tell();
    }, AGAIN_MS);
  };
  source.addEventListener('complete', reopen);
  source.addEventListener('error', reopen);
}

function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    open();
    looking = setInterval(tell, LOOK_MS);
    document.addEventListener('visibilitychange', tell);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    clearTimeout(waiting);
    clearInterval(looking);
    document.removeEventListener('visibilitychange', tell);
  };
}

/** Grows whenever the market may have changed. */
export function useTide(): number {
  const [tide, setTide] = useState(0);
  useEffect(() => listen(() => setTide((before) => before + 1)), []);
  return tide;
}
