import { settingsStore } from '../state/session/settings';

/** The chosen theme onto the page; the system's where none is chosen. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = settingsStore.getState();
    if (theme === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
  };
  apply();
  settingsStore.subscribe(apply);
}
