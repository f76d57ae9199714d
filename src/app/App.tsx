import { type ReactNode, useEffect, useState } from 'react';
import { ProgressLine } from '../features/progress/ProgressLine';
import { useCommands, useStore } from '../state/react';
import { ADD_PROMPTS, go, MAKE_PROMPTS, type Route, routeStore } from '../state/session/route';
import { settingsStore } from '../state/session/settings';
import './tokens.css';
import './base.css';
import './app.css';
import { CommandPalette } from './CommandPalette';
import { ErrorBoundary } from './ErrorBoundary';
import { KeySheet } from './KeySheet';
import { followKeys } from './keys';
import { LabPlace } from './LabPlace';
import { ModelsPlace, PairsPlace, PromptsPlace, RunsPlace } from './places';
import { Rail } from './Rail';
import { cycleTheme } from './theme';

const PLACES = {
  lab: <LabPlace />,
  prompts: <PromptsPlace />,
  pairs: <PairsPlace />,
  runs: <RunsPlace />,
  models: <ModelsPlace />,
} satisfies Record<Route['place'], ReactNode>;

export function App() {
  const place = useStore(routeStore, (state) => state.route.place);
  const recipeOpen = useStore(settingsStore, (settings) => settings.recipeOpen);
  const [dialog, setDialog] = useState<'palette' | 'sheet' | null>(null);

  useEffect(() => followKeys({ palette: () => setDialog('palette'), sheet: () => setDialog('sheet') }), []);
  useCommands(
    {
      lab: { label: 'Lab', group: 'Go to', run: () => go({ place: 'lab', query: '' }) },
      prompts: { label: 'Prompts', group: 'Go to', run: () => go({ place: 'prompts', show: null }) },
      'add-prompts': {
        label: 'Add prompts',
        group: 'Prompts',
        run: () => go({ place: 'prompts', show: ADD_PROMPTS }),
      },
      'make-prompts': {
        label: 'Generate prompts with a model',
        group: 'Prompts',
        run: () => go({ place: 'prompts', show: MAKE_PROMPTS }),
      },
      pairs: { label: 'Pairs', group: 'Go to', run: () => go({ place: 'pairs', run: null, vote: false }) },
      runs: { label: 'Runs', group: 'Go to', run: () => go({ place: 'runs', run: null, others: [] }) },
      models: { label: 'Models', group: 'Go to', run: () => go({ place: 'models' }) },
      theme: { label: 'Change the theme: light, dark, system', group: 'Page', run: cycleTheme },
      recipe: {
        label: recipeOpen ? 'Close the recipe' : 'Open the recipe',
        group: 'Page',
        keys: ['r'],
        enabled: place === 'lab',
        run: () => settingsStore.setState({ recipeOpen: !recipeOpen }),
      },
      keys: { label: 'Keyboard shortcuts', group: 'Page', run: () => setDialog('sheet') },
    },
    'shell',
  );

  return (
    <div className="app">
      <Rail onHelp={() => setDialog('sheet')} />
      <main className="main" id="main">
        <ErrorBoundary key={place}>{PLACES[place]}</ErrorBoundary>
      </main>
      <ProgressLine />
      {dialog === 'palette' && <CommandPalette onClose={() => setDialog(null)} />}
      {dialog === 'sheet' && <KeySheet onClose={() => setDialog(null)} />}
    </div>
  );
}
