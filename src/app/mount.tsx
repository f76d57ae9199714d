/** Renders the page with any implementation of the API: the worker's, or one that a test scripts. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Lab } from '../client/client';
import { toFailure } from '../lib/errors';
import { recipeFromQuery, recipeToQuery } from '../recipe/encoding';
import { begin } from '../state/begin';
import { provideLab } from '../state/lab';
import { followAddress, writeRecipe } from '../state/session/route';
import { adoptRecipe, sessionStore } from '../state/session/session';
import { fail } from '../state/session/session-actions';
import { connectSettings, type SettingsStorage } from '../state/session/settings';
import { App } from './App';
import { followTheme } from './theme';

export async function mount(host: HTMLElement, lab: Lab, settings: SettingsStorage): Promise<void> {
  provideLab(lab);
  // Subscribe before the address is read, so that it is rewritten without values that do not belong into it.
  sessionStore.subscribe((now, before) => {
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
