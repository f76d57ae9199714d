/** `npm run build`: the static site in `dist/`. */
import { run } from './processes';

export async function main(): Promise<number> {
  return run('vite', ['build', '--logLevel', 'warn']);
}
