import { useEffect, useState } from 'preact/hooks';

/** Where a page is: its first part, its key, and what it is asked. */
export interface Place {
  readonly page: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** What a page is given of its place. */
export interface PageProps {
  /** The part of the address after the page's name. */
  readonly of: string;
  readonly query: URLSearchParams;
}

function placeNow(): Place {
  const [page = '', key = ''] = location.pathname.slice(1).split('/');
  return { page, key: decode(key), query: new URLSearchParams(location.search) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Goes to a page of the explorer and nowhere else: an address of another place is one of ours, and not found. */
export function go(href: string, replace = false): void {
  const target = new URL(href.replace(/^[/\\]*/, '/'), location.origin);
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** The page's place; links to others of the explorer are followed without loading it again. */
export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const moved = (): void => setPlace(placeNow());
    const clicked = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (link === null || event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const target = new URL(link.href, location.href);
      if (target.origin !== location.origin || link.target !== '' || target.pathname === '/graphql') return;
      if (target.hash !== '' && target.pathname === location.pathname) return;
      event.preventDefault();
      go(target.pathname + target.search);
      scrollTo(0, 0);
      document.querySelector<HTMLElement>('h1')?.focus();
    };
    addEventListener('popstate', moved);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', moved);
      document.removeEventListener('click', clicked);
    };
  }, []);
  return place;
}
