import { Boxes, ChartLine, CircleHelp, FlaskConical, Monitor, Moon, Scale, ScrollText, Sun } from 'lucide-react';
import { votingStore } from '../state/judging/voting';
import { useStore } from '../state/react';
import { currentRunStore } from '../state/runs/current-run';
import { formatRoute, routeStore } from '../state/session/route';
import { settingsStore } from '../state/session/settings';
import { plural } from '../ui/format';
import { cycleTheme } from './theme';

const THEME_ICON = { system: Monitor, light: Sun, dark: Moon };

export function Rail({ onHelp }: { readonly onHelp: () => void }) {
  const place = useStore(routeStore, (state) => state.route.place);
  const query = useStore(routeStore, (state) => (state.route.place === 'lab' ? state.route.query : ''));
  const theme = useStore(settingsStore, (settings) => settings.theme);
  const active = useStore(currentRunStore, (state) => state.active);
  const ballots = useStore(votingStore, (state) => state.waiting);
  const ThemeIcon = THEME_ICON[theme];
  return (
    <nav className="rail" aria-label="Pages">
      <a
        className="rail-item"
        href={formatRoute({ place: 'lab', query })}
        aria-current={place === 'lab' ? 'page' : undefined}
      >
        <FlaskConical aria-hidden="true" />
        Lab
        {active && <span className="rail-dot" title="A run is active" />}
      </a>
      <a
        className="rail-item"
        href={formatRoute({ place: 'prompts', show: null })}
        aria-current={place === 'prompts' ? 'page' : undefined}
      >
        <ScrollText aria-hidden="true" />
        Prompts
      </a>
      <a
        className="rail-item"
        href={formatRoute({ place: 'pairs', run: null, vote: false })}
        aria-current={place === 'pairs' ? 'page' : undefined}
      >
        <Scale aria-hidden="true" />
        Pairs
        {ballots > 0 && (
          <span
            className="rail-dot"
            title={`${plural(ballots, 'prompt')} ${ballots === 1 ? 'waits' : 'wait'} for your choice`}
          />
        )}
      </a>
      <a
        className="rail-item"
        href={formatRoute({ place: 'runs', run: null, others: [] })}
        aria-current={place === 'runs' ? 'page' : undefined}
      >
        <ChartLine aria-hidden="true" />
        Runs
      </a>
      <a
        className="rail-item"
        href={formatRoute({ place: 'models' })}
        aria-current={place === 'models' ? 'page' : undefined}
      >
        <Boxes aria-hidden="true" />
        Models
      </a>
      <span className="rail-space" />
      <button
        type="button"
        className="rail-item"
        onClick={cycleTheme}
        aria-label={`Theme: ${theme}. Change`}
        title={`Theme: ${theme}`}
      >
        <ThemeIcon aria-hidden="true" />
      </button>
      <button
        type="button"
        className="rail-item"
        onClick={onHelp}
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
      >
        <CircleHelp aria-hidden="true" />
      </button>
    </nav>
  );
}
