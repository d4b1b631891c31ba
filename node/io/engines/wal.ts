/** The write-ahead log of this project: records one after the other in segments, and nothing else. */
import { timedFiles } from '../timed-files.ts';
import { openWal } from '../wal/wal.ts';
import type { Engine } from './engine.ts';
import { refuseMark } from './store/durable-mark.ts';

const engine: Engine = {
  summary: 'a write-ahead log in segments',
  open: async (folder, { onSync = () => {} } = {}) => {
    await refuseMark(folder, 'wal');
    const { wal, firstPosition, recovered } = await openWal(folder, { files: timedFiles(onSync) });
    return { log: wal, firstPosition, recovered };
  },
};

export default engine;
