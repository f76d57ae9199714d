import { type Settings, settingsStore } from '../state/session/settings';

const NEXT_THEME: Record<Settings['theme'], Settings['theme']> = { system: 'light', light: 'dark', dark: 'system' };

export const cycleTheme = () => settingsStore.setState(({ theme }) => ({ theme: NEXT_THEME[theme] }));

/** Applies the chosen theme to the page, and follows later changes. Without a choice, the system's theme applies. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = settingsStore.getState();
    if (theme === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
  };
  apply();
  settingsStore.subscribe(apply);
}
