/**
 * The page shown, from the hash of the address: `#/lab?preset=quick&k=4`, `#/prompts/<set>`, `#/pairs/<run>/vote`,
 * `#/runs`, `#/runs/<id>?with=<id>,<id>`, `#/models`.
 */
import { createStore } from 'zustand/vanilla';

export type Route =
  | { readonly place: 'lab'; readonly query: string }
  | { readonly place: 'runs'; readonly run: string | null; readonly others: readonly string[] }
  | { readonly place: 'pairs'; readonly run: string | null; readonly vote: boolean }
  | { readonly place: 'models' }
  /** `show`: the id of a set, `ADD_PROMPTS` or `MAKE_PROMPTS`. */
  | { readonly place: 'prompts'; readonly show: string | null };

/** Pages under Prompts. They cannot be ids of prompt sets. */
export const ADD_PROMPTS = 'add';
export const MAKE_PROMPTS = 'make';

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [place, id, view] = path.split('/');
  if (place === 'models') return { place };
  if (place === 'pairs') return { place, run: decoded(id), vote: view === 'vote' };
  if (place === 'prompts') return { place, show: decoded(id) };
  if (place !== 'runs') return { place: 'lab', query };
  const others = new URLSearchParams(query).get('with')?.split(',').filter(Boolean) ?? [];
  return { place: 'runs', run: decoded(id), others };
}

/** Text that is not valid percent-encoding is returned unchanged, because an address may contain any text. */
function decoded(part: string | undefined): string | null {
  if (!part) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function formatRoute(route: Route): string {
  if (route.place === 'lab') return route.query === '' ? '#/lab' : `#/lab?${route.query}`;
  if (route.place === 'models') return '#/models';
  if (route.place === 'pairs') {
    return route.run === null ? '#/pairs' : `#/pairs/${encodeURIComponent(route.run)}${route.vote ? '/vote' : ''}`;
  }
  if (route.place === 'prompts')
    return route.show === null ? '#/prompts' : `#/prompts/${encodeURIComponent(route.show)}`;
  if (route.run === null) return '#/runs';
  const others = route.others.length > 0 ? `?with=${route.others.map(encodeURIComponent).join(',')}` : '';
  return `#/runs/${encodeURIComponent(route.run)}${others}`;
}

export const routeStore = createStore<{ readonly route: Route }>(() => ({ route: { place: 'lab', query: '' } }));

export function go(route: Route): void {
  location.hash = formatRoute(route);
}

/**
 * Follows the address from now on.
 * @param onRecipe receives a recipe that came with a link, not the page's own edits
 */
export function followAddress(onRecipe: (query: string) => void): void {
  const read = () => {
    const route = parseRoute(location.hash);
    routeStore.setState({ route });
    if (route.place === 'lab' && route.query !== '' && route.query !== written) onRecipe(route.query);
  };
  addEventListener('hashchange', read);
  read();
}

let written = '';

/** Writes the edited recipe into the address, without a new entry in the history. */
export function writeRecipe(query: string): void {
  const { route } = routeStore.getState();
  written = query;
  if (route.place !== 'lab' || route.query === query) return;
  const next: Route = { place: 'lab', query };
  history.replaceState(null, '', formatRoute(next));
  routeStore.setState({ route: next });
}
