import { Notices } from '../features/notices/Notices';
import { Runs } from '../features/runs/Runs';
import { useRoute } from '../state/route';

export function RunsPlace() {
  const route = useRoute((state) => state.route);
  if (route.place !== 'runs') return null;
  return (
    <div className="place-with-notices">
      <Notices />
      <Runs shown={route.run} others={route.others} />
    </div>
  );
}
