/** What a run stood on, where it had to be started. */
import type { LabEvent, Recording } from '../../contracts/events.ts';

type Booting = Extract<LabEvent, { type: 'booting' }>;

/** The version of the engine, and its images by name; null in the simulator, which has neither. */
export function substrateOf({ events }: Recording): Pick<Booting, 'engine' | 'images'> | null {
  const booting = events.find((event) => event.type === 'booting');
  if (booting === undefined) return null;
  const images = Object.entries(booting.images).sort(([a], [b]) => (a < b ? -1 : 1));
  return { engine: booting.engine, images: Object.fromEntries(images) };
}

/** The identity of an image as engines print it: `sha256:0f3a…` in 12 digits. */
export function shortImage(identity: string): string {
  return identity.replace(/^sha256:/, '').slice(0, 12);
}
