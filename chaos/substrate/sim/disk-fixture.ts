/** A simulated disk that takes 2 ms to sync, and what became durable on it, for tests. */
import { randomFor } from '../../random.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';

const syncMs = [2, 2] as const;

export function diskLab(random = randomFor(1, 'disk')) {
  const clock = new SimClock();
  const disk = new SimDisk<string>(clock, random, syncMs);
  const durable: string[] = [];
  const open = () => {
    const end = new AbortController();
    const storage = disk.open(end.signal);
    storage.onDurable = (position) => void durable.push(`${position}@${clock.now()}`);
    return { storage, end };
  };
  return { clock, disk, durable, open };
}
