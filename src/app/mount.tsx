/** Puts the page together around a Lab, wherever it comes from. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Lab } from '../client/client';
import { toFailure } from '../lib/errors';
import { recipeFromQuery, recipeToQuery } from '../recipe/encoding';
import { begin, fail } from '../state/actions';
import { provideLab } from '../state/lab';
import { followAddress, writeRecipe } from '../state/route';
import { adoptRecipe, useSession } from '../state/session';
import { connectSettings, type SettingsStorage } from '../state/settings';
import { App } from './App';
import { followTheme } from './theme';

export async function mount(host: HTMLElement, lab: Lab, settings: SettingsStorage): Promise<void> {
  provideLab(lab);
  // Before any comes with the address: what of it is not to be there is taken out again.
  useSession.subscribe((now, before) => {
    if (now.recipe !== before.recipe) writeRecipe(now.touched ? recipeToQuery(now.recipe) : '');
  });
  followAddress((query) => {
    try {
      adoptRecipe(recipeFromQuery(query));
    } catch (error) {
      fail(toFailure(error));
    }
  });
  const begun = begin();
  await connectSettings(settings);
  followTheme();
  createRoot(host).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  await begun;
}
