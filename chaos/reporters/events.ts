import type { Reporter } from '../contracts.ts';
import { serialiseLines } from '../history.ts';

/** What the lab did, what the substrate observed, and what the replicas said of themselves. */
const reporter: Reporter = {
  summary: 'events.jsonl: faults as requested and as observed, and what replicas report, one event a line',
  render: ({ recording }) => [{ name: 'events.jsonl', content: serialiseLines(recording.events) }],
};

export default reporter;
